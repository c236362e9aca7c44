package plan

// overlay lays the keys that a recording, its defaults or a change give over settings.
type overlay func(Settings) Settings

package rules

import (
	"rundown/agora/catalog"
)

// check looks for the findings of one rule.
type check struct {
	rule string
	find func(*checker)
}

// checks are the rules that a loaded plan is checked for. Rules about one subject share a file, rule_*.go. The loader reports the other rules of
// [plan.Rules] while it reads.
var checks = []check{
	{"acquire-region-matches-storage", checkRegions},
	{"calendar-contained", checkContainedCalendars},
	{"calendar-matches-nothing", checkCalendarMatchesNothing},
	{"change-matches-nothing", checkChangeMatchesNothing},
	{"change-shadowed", checkChangeShadowed},
	{"clock-change", checkClockChange},
	{"cname-charset", checkCnameCharset},
	{"cname-filename-replacement", checkCnameFilename},
	{"cname-max-bytes", checkCnameLength("cname-max-bytes")},
	{"cname-required", checkCnameGiven},
	{"cname-short", checkCnameLength("cname-short")},
	{"cron-days", checkCronDays},
	{"in-the-past", checkInThePast},
	{"instance-unique", checkInstances},
	{"invalid-value", checkPageAddresses},
	{"long-class", checkLongClasses},
	{"max-recording-hour-range", checkRecordingHours},
	{"mobile-viewport-size", checkViewport},
	{"moved-far", checkMovedFar},
	{"never-happens", checkNeverHappens},
	{"nothing-ahead", checkNothingAhead},
	{"overlap-page", checkOverlapPage},
	{"overlap-self", checkOverlapSelf},
	{"placeholder-unknown", checkPlaceholders},
	{"prefix-charset", checkPrefixCharset},
	{"prefix-clash", checkPrefixClash},
	{"prefix-max-length", checkPrefixLength},
	{"ready-timeout-recommended", checkReadyTimeout},
	{"resource-expired-covers-plan", checkExpiryHours},
	{"rtmp-url-scheme", checkScheme},
	{"secret-in-plain-text", checkPlainSecrets},
	{"secret-unresolved", checkUnresolved},
	{"stream-fps-cap", checkStreamFPS},
	{"timezone-fixed", checkFixedZones},
	{"unbounded", checkUnbounded},
	{"unsupported", checkUnsupported},
	{"unused-definition", checkUnused},
	{"url-not-public", checkPublicPages},
	{"video-fps-listed-values", checkListedFPS},
	{"video-pixels-max", checkPixels},
	{"video-side-small-without-mobile", checkSmallSides},

	// Those of the forecast are last, since it is made meanwhile.
	{"pcw-max", checkConcurrent},
	{"qps-monitor-budget", checkRequests},
	{catalog.StreamLimitID(catalog.RegionAP), checkStreams(catalog.RegionAP)},
	{catalog.StreamLimitID(catalog.RegionCN), checkStreams(catalog.RegionCN)},
	{catalog.StreamLimitID(catalog.RegionEU), checkStreams(catalog.RegionEU)},
	{catalog.StreamLimitID(catalog.RegionNA), checkStreams(catalog.RegionNA)},
	{"streams-mixed-total", checkMixed},
}

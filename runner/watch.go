package runner

import "fmt"

// watchHours tells a person of a session that outlived its hours, until its class is over.
func (c *conductor) watchHours(before, after State) {
	switch {
	case after.Phase == Over && before.lapses():
		c.e.clear(IssueOrphan, after.ID)
	case after.lapses() && !before.lapses():
		c.e.raise(after.ID, lapsedIssue(after.ID))
		c.log.Error(lapsedText, "occurrence", after.ID, "reason_code", ReasonHoursOver)
	}
}

// watchKeys tells a person of storage credentials that cannot be renewed, while there is time to mend it.
func (c *conductor) watchKeys(before, after State) {
	for _, x := range after.Sessions {
		was := ""
		if y := before.session(x.Attempt); y != nil {
			was = y.Unrenewed
		}
		switch {
		case x.Unrenewed == was:
		case x.RanOut:
			c.raiseKeys(after.ID, x)
			c.log.Error(x.Unrenewed, "occurrence", after.ID, "session", x.Attempt, "reason_code", IssueCredentialsFailing)
		case x.Unrenewed != "":
			c.raiseKeys(after.ID, x)
			c.log.Warn(x.Unrenewed, "occurrence", after.ID, "session", x.Attempt, "reason_code", IssueCredentialsFailing)
		default:
			c.e.clear(IssueCredentialsFailing, keysOf(after.ID, x))
			c.log.Info("the storage credentials were renewed", "occurrence", after.ID, "session", x.Attempt)
		}
		if x.State.Final() { // it needs them no more
			c.e.clear(IssueCredentialsFailing, keysOf(after.ID, x))
		}
	}
}

// raiseKeys raises the health issue of credentials that could not be renewed.
func (c *conductor) raiseKeys(id string, x Session) {
	c.e.raise(keysOf(id, x), keysIssue(id, x))
}

// watchUploads warns of each session whose upload fails, at once: the storage can be corrected while the class runs.
func (c *conductor) watchUploads(before, after State) {
	for _, x := range after.Sessions {
		if was := before.session(x.Attempt); x.UploadError != "" && (was == nil || was.UploadError == "") {
			c.log.Warn("upload failed, there may be nothing in the bucket", "occurrence", after.ID, "session", x.Attempt, "sid", x.SID,
				"error", x.UploadError, "try", "check the bucket, its region and the storage keys of the plan")
		}
	}
}

func keysIssue(id string, x Session) Issue {
	severity := SeverityWarning
	if x.RanOut {
		severity = SeverityCritical
	}
	return Issue{ID: IssueCredentialsFailing, Severity: severity, Text: fmt.Sprintf("%s session %d: %s", id, x.Attempt, x.Unrenewed)}
}

func lapsedIssue(id string) Issue {
	return Issue{ID: IssueOrphan, ReasonCode: ReasonHoursOver, Severity: SeverityCritical, Text: id + ": it " + lapsedText}
}

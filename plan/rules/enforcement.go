package rules

import (
	"cmp"

	"rundown/agora/catalog"
	"rundown/plan"
)

// Mechanism is the way in which a rule is enforced.
type Mechanism string

// The ways to keep a rule.
const (
	ByFinding      Mechanism = "finding"      // a plan that breaks it has a finding
	ByConstruction Mechanism = "construction" // no plan leads to a request that breaks it
	ByFigure       Mechanism = "figure"       // it is a fact, and a figure that the program tells follows it
	ByRuntime      Mechanism = "runtime"      // the program keeps to it while it records
	ByProbe        Mechanism = "probe"        // it shows by looking at the page or the storage only
	ByHuman        Mechanism = "human"        // nothing that the program sees tells whether it is kept
)

// Keeping is how a rule is enforced, where, and which test proves it. Pairs of plans in testdata prove findings;
// probe and human have neither place nor test.
type Keeping struct {
	By    Mechanism
	Place string // package.Function
	Test  string // package.TestFunction
}

// EnforcementOf tells how a rule is enforced, ours or one of the catalogue; false for an id that is neither.
func EnforcementOf(id string) (Keeping, bool) {
	if _, ok := plan.RuleByID(id); ok {
		return Keeping{By: ByFinding}, true
	}
	if k, ok := enforcements[id]; ok {
		return k, true
	}
	if advice[id] != "" {
		return Keeping{By: ByHuman}, true
	}
	entry, ok := catalog.RestrictionByID(id)
	if !ok {
		return Keeping{}, false
	}
	return Keeping{By: Mechanism(entry.Check)}, true // a test holds that it is probe or human
}

// The tests that prove most.
const (
	testRequests  = "runner.TestRequestsAreBuiltAsDocumented"
	testHours     = "schedule.TestHoursAreRoundedUpWithOneToSpare"
	testUIDs      = "schedule.TestUIDsAreLegalDistinctAndFollowFromTheIdentity"
	testDecide    = "session.TestDecide"
	testDay       = "runner.TestADayOfTheTimetableIsRecordedWhole"
	testWire      = "agora.TestRequestsAreWhatTheDocumentationPrints"
	testClasses   = "agora.TestEveryDocumentedAnswerHasItsClass"
	testHosts     = "agora.TestHostsAreTriedInTheDocumentedOrder"
	testPair      = "agora.TestAStartFollowsItsAcquireWithoutWaiting"
	testInstants  = "catalog.TestTriesFallOnTheDocumentedInstants"
	testPauses    = "catalog.TestSinglePausesAreTheDocumentedOnes"
	testFacts     = "catalog.TestStreamLimitsAndPricesAreTheDocumentedOnes"
	testConfirm   = "session.TestConfirmingQueriesFollowTheDocumentedBackOff"
	testRenewal   = "runner.TestARenewalSendsTheWholeStorageBlock"
	testHourly    = "session.TestTemporaryKeysAreRenewedEveryHourAndAFailureIsTriedAgain"
	testSignature = "agora.TestSignaturesAreVerifiedOverTheRawBody"
)

// NoteOf adds to how a rule is enforced what the program does where it leaves advice of the documentation to its
// users, and why validate cannot check what the runner enforces; "" for most rules.
func NoteOf(id string) string { return cmp.Or(advice[id], notes[id]) }

// keysNote is why no finding warns of temporary credentials that expire during a class.
const keysNote = "a plan says where temporary credentials come from and has no place for when they run out; each time they are fetched, " +
	"before acquire and for each renewal, those that are valid for less than four hours are refused, and the reason of the class says so; lasting keys do not run out"

// notes are about restrictions that the program enforces.
var notes = map[string]string{
	"storage-bucket-required":   "the documentation leaves the names of buckets to each vendor; an address or a path is found, anything else is taken as it is",
	"sts-min-validity":          keysNote,
	"sts-refresh-hourly":        keysNote,
	"sts-refresh-before-expiry": keysNote,
}

// advice is what the documentation recommends and the program leaves to its users, and what it does itself.
var advice = map[string]string{
	"start-parameter-recommended":   "startParameter is not sent: start fails when it differs from it, and storage keys or a CDN address may change between the two requests",
	"event-13-within-10s":           "no event is waited for: the event table does not have this one, and queries confirm each start within 90 seconds",
	"storage-wait-for-backup":       "history tells which uploads are backuped; who uses the files waits for them to be moved",
	"upload-backup-expires":         "history tells which uploads are backuped; who uses the files acts within the 72 hours",
	"upload-abnormal-after":         "history tells which uploads are neither uploaded nor backuped; a person judges after 24 hours",
	"storage-playlist-name-by-rule": "file names are kept as the service tells them, as evidence of what was written; who looks for a playlist computes its name",
	"webhook-ip-allowlist":          "the firewall in front of the listener is not the program's: notifications are taken by their signature",
}

// enforcements are the documented restrictions that no finding reports, with what enforces each.
var enforcements = map[string]Keeping{
	// What no plan can break, since the request is built so.
	"params-valid":                       {ByConstruction, "runner.StartRequest", testDay},
	"uid-required-string":                {ByConstruction, "plan.Occurrence.UIDs", testRequests},
	"uid-range":                          {ByConstruction, "plan.LegalUID", "schedule.TestNoNumberGivesAnIllegalUID"},
	"uid-backup":                         {ByConstruction, "plan.Occurrence.UIDs", testUIDs},
	"resource-expired-hour-range":        {ByConstruction, "plan.Occurrence.Hours", testHours},
	"max-recording-hour-within-resource": {ByConstruction, "plan.Occurrence.Hours", testHours},
	"max-recording-hour-fits-plan":       {ByConstruction, "plan.Occurrence.Hours", testHours},
	"stop-explicitly":                    {ByConstruction, "session.end", testDay},
	"acquire-no-region-affinity":         {ByConstruction, "runner.AcquireRequest", testRequests},
	"token-not-for-web":                  {ByConstruction, "runner.StartRequest", testRequests},
	"recording-config-not-for-web":       {ByConstruction, "runner.StartRequest", testRequests},
	"snapshot-config-not-for-web":        {ByConstruction, "runner.StartRequest", testRequests},
	"recording-file-config-required":     {ByConstruction, "runner.StartRequest", testRequests},
	"av-file-type-values":                {ByConstruction, "runner.StartRequest", testRequests},
	"av-file-type-mp4-needs-hls":         {ByConstruction, "runner.StartRequest", testRequests},
	"extension-service-config-required":  {ByConstruction, "runner.StartRequest", testRequests},
	"extension-error-policy":             {ByConstruction, "runner.StartRequest", testRequests},
	"extension-service-names":            {ByConstruction, "runner.StartRequest", testRequests},
	"extension-recorder-present":         {ByConstruction, "runner.StartRequest", testRequests},
	"extension-recorder-policy":          {ByConstruction, "runner.StartRequest", testRequests},
	"extension-rtmp-policy":              {ByConstruction, "runner.StartRequest", testRequests},
	"service-param-required":             {ByConstruction, "runner.StartRequest", testRequests},
	"mobile-boolean":                     {ByConstruction, "runner.StartRequest", testRequests},
	"onhold-boolean":                     {ByConstruction, "runner.StartRequest", testRequests},
	"max-video-duration-needs-mp4":       {ByConstruction, "runner.StartRequest", testRequests},
	"video-bitrate-default":              {ByConstruction, "runner.StartRequest", testRequests},
	"rtmp-outputs-required":              {ByConstruction, "runner.publisher", testRequests},
	"rtmp-single-output":                 {ByConstruction, "runner.publisher", testRequests},
	"update-rtmp-needs-push":             {ByConstruction, "session.wanted", testDecide},
	"onhold-needs-resume":                {ByConstruction, "runner.HoldRequest", "runner.TestAnExactStartIsWrittenFromTheBellOn"},
	"sts-expiration-format":              {ByConstruction, "runner.storageConfig", testRenewal},
	"exclude-resource-ids-for-backup":    {ByConstruction, "runner.AcquireRequest", "runner.TestUpToFourSessionsRecordAClassAtOnceAndEachIsReplacedOnlyInItsLane"},
	"timing-start-early":                 {ByConstruction, "schedule.Lead", "schedule.TestALoneStartIsAskedForTheDocumentedTimeBeforeAndSomeMore"},

	// Facts, and the figures that follow them.
	"stream-class-bounds":    {ByFigure, "catalog.StreamClassOf", testFacts},
	"billing-hd-threshold":   {ByFigure, "catalog.BillingClassOf", testFacts},
	"billing-unit-price":     {ByFigure, "catalog.UnitPrice", testFacts},
	"free-quota-suspends":    {ByFigure, "forecast.bills", "forecast.TestTheDayOnWhichTheFreeMinutesAreUsedUpIsTold"},
	"billing-free-minutes":   {ByFigure, "catalog.FreeMinutes", testFacts},
	"billing-rounding":       {ByFigure, "forecast.bill", "forecast.TestSecondsAreRoundedOnceAMonth"},
	"billing-each-recording": {ByFigure, "rules.SummaryOf", "rules.TestSummaryCountsClassesPeakAndSeconds"},

	// What the client keeps to.
	"account-service-enabled":                {ByRuntime, "agora.Classify", testClasses},
	"account-in-good-standing":               {ByRuntime, "agora.Classify", testClasses},
	"auth-credentials-match-appid":           {ByRuntime, "agora.Classify", testClasses},
	"auth-basic-credentials":                 {ByRuntime, "agora.attempt", testWire},
	"transport-https-only":                   {ByRuntime, "agora.parseBase", "agora.TestABaseURLIsHTTPSOrOnThisMachine"},
	"transport-tls-versions":                 {ByRuntime, "agora.newTransport", "agora.TestTheTransportDoesNotRequireTLS13"},
	"transport-content-type":                 {ByRuntime, "agora.attempt", testWire},
	"transport-case-sensitive":               {ByRuntime, "agora.newCall", testWire},
	"transport-methods":                      {ByRuntime, "agora.newCall", testWire},
	"transport-mode-web":                     {ByRuntime, "agora.newCall", testWire},
	"transport-mode-fixed":                   {ByRuntime, "agora.newCall", testWire},
	"transport-no-update-layout":             {ByRuntime, "agora.Route", testWire},
	"domain-primary-by-location":             {ByRuntime, "agora.documentedHosts", testHosts},
	"domain-retry-order":                     {ByRuntime, "agora.next", testHosts},
	"domain-skip-alternate-on-network-fault": {ByRuntime, "agora.next", testHosts},
	"domain-retry-backoff":                   {ByRuntime, "catalog.DomainBackoff", testHosts},
	"qps-per-appid":                          {ByRuntime, "agora.Budget.Wait", "agora.TestNoSlidingSecondSeesMoreThanTheBudget"},
	"qps-share-of-concurrency":               {ByRuntime, "catalog.DefaultQPS", "catalog.TestTheDefaultRateIsATenthOfTheConcurrency"},
	"qps-400-without-code":                   {ByRuntime, "agora.Classify", testClasses},
	"qps-429-slow-down":                      {ByRuntime, "agora.pause", "agora.TestA429IsRepeatedAsTheServiceAsks"},
	"acquire-start-paired":                   {ByRuntime, "agora.waitPair", testPair},
	"acquire-no-batches":                     {ByRuntime, "agora.waitPair", testPair},
	"start-within-2s":                        {ByRuntime, "agora.takeHold", testPair},
	"field-names-lower-camel":                {ByRuntime, "agora.App.Start", testWire},
	"update-web-fields":                      {ByRuntime, "agora.App.Update", "simulator.TestTheMessageTypesOfTheClientAreWhatTheSimulatorTakes"},
	"stop-client-timeout":                    {ByRuntime, "agora.CallTimeout", "agora.TestATryHasItsTimeLimit"},
	"stop-sync-window":                       {ByRuntime, "agora.Classify", testClasses},
	"stop-once":                              {ByRuntime, "agora.Classify", testClasses},
	"retry-65-62-query-update-stop":          {ByRuntime, "agora.Classify", testClasses},
	"acquire-50x-backoff":                    {ByRuntime, "catalog.AcquireBackoff", testDecide},

	// What the engine keeps to.
	"acquire-scene-web":           {ByRuntime, "runner.AcquireRequest", testRequests},
	"start-parameter-consistent":  {ByRuntime, "runner.AcquireRequest", testRequests},
	"pcw-406-retry-later":         {ByRuntime, "catalog.CapacityBackoff", testDecide},
	"task-leaks":                  {ByRuntime, "session.Decide", testDay},
	"instance-one-resource":       {ByRuntime, "session.Decide", testDay},
	"start-ids-match-acquire":     {ByRuntime, "runner.StartRequest", testDay},
	"resource-id-validity":        {ByRuntime, "catalog.ResourceLife", testDecide},
	"resource-id-single-use":      {ByRuntime, "session.unstarted", testDecide},
	"start-once-per-resource":     {ByRuntime, "session.started", testDecide},
	"start-task-conflict":         {ByRuntime, "session.conflict", testDecide},
	"storage-credentials-correct": {ByRuntime, "session.gone", testDecide},
	"start-verify-by-query":       {ByRuntime, "session.queried", testDecide},
	"timing-first-query":          {ByRuntime, "catalog.FirstQuery", testConfirm},
	"timing-confirm-backoff":      {ByRuntime, "catalog.ConfirmBackoff", testConfirm},
	"timing-confirm-deadline":     {ByRuntime, "catalog.ConfirmDeadline", testConfirm},
	"start-retry-50x":             {ByRuntime, "catalog.StartBackoff", testDecide},
	"start-new-uid-after-retries": {ByRuntime, "session.started", testDecide},
	"start-retry-65":              {ByRuntime, "catalog.StartPendingBackoff", testDecide},
	"start-502-new-session":       {ByRuntime, "session.started", testDecide},
	"start-62-retry-then-new":     {ByRuntime, "catalog.StartTimeoutBackoff", testInstants},
	"start-40x-no-retry":          {ByRuntime, "session.refused", testDecide},
	"monitor-interval":            {ByRuntime, "catalog.MonitorInterval", testPauses},
	"monitor-404-backoff":         {ByRuntime, "catalog.GoneBackoff", testInstants},
	"monitor-50x-backoff":         {ByRuntime, "catalog.MonitorBackoff", testInstants},
	"failover-window":             {ByRuntime, "catalog.FailoverWindow", testDecide},
	"failover-restart-other-uid":  {ByRuntime, "session.lost", testDecide},
	"query-only-while-live":       {ByRuntime, "session.gone", testDecide},
	"update-onhold-explicit":      {ByRuntime, "agora.App.Update", testWire},
	"update-serial":               {ByRuntime, "session.ask", testDecide},
	"stop-then-acquire":           {ByRuntime, "session.begin", testDecide},

	"onhold-lead-time":              {ByRuntime, "schedule.HoldLead", "session.TestAnExactStartIsHeldForAMinuteAndResumedAtTheBell"},
	"sts-min-validity":              {ByRuntime, "runner.ReadKeys", "runner.TestNoClassBeginsWithKeysThatRunOutTooSoon"},
	"sts-refresh-hourly":            {ByRuntime, "session.keysSent", testHourly},
	"sts-refresh-before-expiry":     {ByRuntime, "session.keysSent", "session.TestKeysAreRenewedAtHalfOfTheTimeThatIsLeft"},
	"update-storage-complete":       {ByRuntime, "runner.KeysRequest", testRenewal},
	"rtmp-disconnected-change-url":  {ByRuntime, "session.pushed", "session.TestABrokenPushMovesToTheFallbackAndStaysThere"},
	"query-files-after-first-slice": {ByRuntime, "session.running", "session.TestFilesAreAskedForAfterTheFirstSlice"},

	// Notifications.
	"restart-on-stopped-nonzero": {ByRuntime, "session.toldOver", "session.TestAStopThatANotificationTellsOfIsConfirmedByAQueryAndReplacedAtOnce"},
	"webhook-answer-10s":         {ByRuntime, "runner.Notify", "runner.TestTakingANotificationNeverWaits"},
	"webhook-answer-json":        {ByRuntime, "web.Webhook", "web.TestNotificationsAreTakenOnlyWhenSignedAndWhole"},
	"webhook-product-id":         {ByRuntime, "runner.Notify", "runner.TestTakingANotificationNeverWaits"},
	"webhook-duplicates":         {ByRuntime, "runner.recent.add", "runner.TestANotificationThatComesTwiceIsKnownByItsIDAndByItsPlaceInItsSession"},
	"webhook-out-of-order":       {ByRuntime, "session.noticed", "runner.TestANotificationOfASessionsEndReplacesItWithinSeconds"},
	"webhook-fatal-error-query":  {ByRuntime, "session.noticed", "session.TestAnErrorOfTheHighestLevelIsFollowedByAQuery"},
	"webhook-verify-signature":   {ByRuntime, "agora.VerifySignature", testSignature},
	"webhook-signature-raw-body": {ByRuntime, "agora.VerifySignature", testSignature},
	"webhook-unknown-fields":     {ByRuntime, "agora.Event.Details", "agora.TestTheDetailsOfEachKindAreRead"},
	"webhook-retries":            {ByRuntime, "web.Webhook", "web.TestNotificationsAreTakenOnlyWhenSignedAndWhole"},
}

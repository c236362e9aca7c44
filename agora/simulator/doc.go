// Package simulator is Agora's web page recording as its documentation describes it: strict where the service is
// strict, with faults that can be scripted and a ledger of what ran when and what it cost.
//
// [New] makes a [Simulator], which is an http.Handler; [Simulator.Transport] serves it in memory, so that tests run
// under virtual time; [Simulator.Ledger] is the account. It opens no page, writes no file and talks to no storage.
// Its parameter checks are its own and not those of the plan's rules, so that one can be held against the other.
//
// # What is documented
//
// The routes and methods, Basic authentication, the shapes of refusals (the gateway's {"message"}, the service's
// {"code","reason"}), the parameters with their types and ranges, resource ids that live five minutes and serve
// once, 201/7, 400/53, 406 and 429, status 0 to 8 and 20, the 404 of a task that is gone, the names of files, the
// two kinds of stop, maxRecordingHour and resourceExpiredHour, and the notifications with their signatures.
//
// # What is assumed, because the documentation is silent or at odds with itself
//
//   - Every App ID exists; the first pair of credentials seen with it owns it.
//   - The request budget is a token bucket for each App ID, filled at the documented rate and as deep as a second
//     of it. Requests refused by the gateway (no route, 401) take nothing from it.
//   - Content-Type must name JSON in UTF-8 on POST; anything else, and a body that is no JSON, is 400 with code 8.
//     Where [Config.Strict] is set it must be application/json;charset=utf-8 to the letter, as the older error table
//     has it.
//   - An unknown member of a body is a misspelt one: code 2. token and recordingConfig are taken and ignored,
//     snapshotConfig is refused. Members that public clients send and web mode ignores (appsCollection, maxIdleTime,
//     apiVersion of extensionServiceConfig, empty sse and tag) are refused only where Strict is set.
//   - recordingFileConfig, and region for the vendors 5, 6 and 11, may be left out unless Strict is set.
//   - An area before the version in the path (/ap/v1/…) and regionAffinity are taken and change nothing.
//   - GET /v1/ncs/ip and /v2/ncs/ip answer with the address of this machine.
//   - Width and height lie between 240 and 1920; videoBitrate need only be positive; avFileType may name its kinds in
//     any order.
//   - A resource id that is too old, belongs to someone else or was never given out answers 400 with the older
//     codes 433, 432 and 1001; current tables have none for it. A cname or uid other than acquire's is 432.
//   - Concurrency counts what runs, not resource ids in hand. When two acquires race for the last place, the second
//     start answers 500 with code 502.
//   - 201/7 carries no sid, unless [Config.SIDInAlreadyStarted] says so.
//   - The page is ready at once, whatever readyTimeout: writing begins exactly [Config.StartAfter] after the request
//     was accepted. Status 0, 1, 2 and 3 share that time evenly; 4 follows, and 5 once the first slice is complete,
//     15 seconds of writing or a pause. On hold from the beginning it stays at 4.
//   - A push connects for two seconds, from the moment the page is up or its address changes, then publishes.
//   - webRecordingConfig without onhold resumes, since false is the default.
//   - A pause does not interrupt billing.
//   - sliceStartTime is in seconds, as in the newest editions, unless [Config.SliceTimes] says ms. Notifications
//     always have milliseconds. File names include the prefix.
//   - fileList has the playlist from the first slice on, an MP4 file once it is complete. MP4 files are cut at
//     maxVideoDuration or 2 GiB of the nominal bitrate, whichever is first.
//   - Recording ends the instant that stop arrives. The upload takes [Config.UploadDelay]; meanwhile query says 6,
//     then 7, and 404 after it. A synchronous stop answers with the upload, one that needs more than 20 seconds
//     with 206 and code 50; an asynchronous one answers at once, uploadingStatus unknown.
//   - What ended by itself shows 8 (ok, max_recording_hour) or 20 to query for 15 seconds. A stop within 15
//     seconds of the end, or during the upload, is 400/49; later it is 404.
//   - After resourceExpiredHour query, update and stop answer the 404 of a task that is gone; the recording goes on.
//
// # Faults and endpoints of its own
//
// [Faults] scripts what goes wrong, also answers that are not the service's: a status with a body of any kind and
// any headers, as proxies, firewalls and login pages give them, and notifications that would not come otherwise. Under
// /_simulator/, for callers on this machine or with [Config.ControlToken], GET ledger is the [Ledger], GET and PUT
// faults the script. The ledger holds what pages and CDN addresses were asked for, stream keys included: it is an
// oracle for tests, so point the simulator at nothing real and keep it on a loopback address.
package simulator

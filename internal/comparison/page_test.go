package comparison

// inVirtualTime is the first part of docs/comparison.md, around the table.
const inVirtualTime = `# What people do without it

Many record classes with cron and a script that asks Agora for a resource, starts, sleeps and stops. Here two such
scripts and Rundown record the same school week: five rooms with five lessons of 50 minutes a day, 125 classes, which
would cost 87.50 US dollars if each second of them were recorded and no other. All meet the same week:

- Of all requests 5 %% go wrong: a connection closed before or after the effect (1 %% each), HTTP 500 (1 %%), 503 and 429
  (0.5 %% each), an answer 4 s late (1 %%). Each class has a cname of its own, and faults are drawn from the seed by class
  and request: the third stop of a class meets the same fate whoever sends it, and when.
- ` + "`api.agora.io`" + ` takes no connection from Wednesday 09:55 to 10:10; the other hosts do.
- Sessions in one room die after 25 minutes on Tuesday; in another they are not found (404) for 40 s on Wednesday.
- The machine loses its power on Thursday at 10:20, and is restarted in order on Friday at 14:20, for two minutes each.

*cron and curl* begins at the bell and looks at no answer. *The careful script* begins a minute earlier, ends two
minutes later, stops at the first error, repeats each failed request three times (` + "`curl --retry 3 --retry-all-errors`" + `)
and has a trap that stops the recording on SIGTERM; cron mails its errors. They are
[examples/cron-and-curl](../examples/cron-and-curl), here as Go under virtual time, request by request. All three ask
for the same ` + "`maxRecordingHour`" + ` of two hours. Rundown has its defaults, and no notifications. The simulator's ledger is
the account. Written by ` + "`go test ./internal/comparison -update`" + ` and held by that test; ` + "`-seed`" + ` draws another week.

%s
- *Cut*: cron begins at the bell, and Agora writes about five seconds later, so the plain script cuts every class. A
  session that dies is noticed by Rundown's next query, within ten seconds while the request budget is idle, and replaced;
  a script sleeps through it, and loses the rest. %d sessions died while a class was on: a runner that knew of each at once
  would lose %.0f s, since Agora writes five seconds after the request. The trap, too, costs the rest of the classes: after
  an orderly restart nothing begins them again.
- *Lost*: a script knows one host. The repetitions of the careful one outlast single faults and not the quarter of an
  hour in which that host is away. The plain one loses a class with each failed acquire or start.
- *Nobody told*: with Rundown each of these classes has an outcome with its gaps and reason. A power cut leaves no mail.
- *Left running*, until maxRecordingHour: stops that failed, and after the power cut the recordings of scripts that are
  no more. One start of this week took effect and its answer was lost; asked again, the service need not name the
  session, so nobody can stop it. Rundown records the class with another and reports the orphan; the careful script
  ends with an error, its class being recorded as it happens.
- *Beyond the classes*: for Rundown its padding of 150 s a class, 18,750 s in all, the seconds until Agora writes, and that orphan;
  for the careful script its three minutes a class, and those that were left running.
- *US dollars*: 14 for 1,000 minutes, without free minutes. What is lost is not billed: that makes scripts cheaper.
`

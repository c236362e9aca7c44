//go:build compare

package comparison

import (
	"bufio"
	"encoding/json"
	"fmt"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"rundown/agora/simulator"
)

// In the run in real time the careful script and Rundown begin and end by seconds earlier and later, not by minutes.
const (
	length    = 30 * time.Second // of a class
	shortLead = 10 * time.Second
	shortTail = 5 * time.Second
	downFor   = 2 * time.Second
)

// TestTheScriptsThemselvesCompared runs both scripts and the daemon side by side, each on a simulator of its own with
// the same faults, and cuts their power in the middle of the last ten classes.
func TestTheScriptsThemselvesCompared(t *testing.T) {
	r := rig{t: t, binary: filepath.Join(t.TempDir(), "rundown"), folder: t.TempDir()}
	if out, err := exec.Command("go", "build", "-o", r.binary, "rundown").CombinedOutput(); err != nil {
		t.Fatalf("%v\n%s", err, out)
	}
	faults := weather(*seed)
	faults.Sessions = nil // a class of 30 seconds is over before anybody looks
	script, err := json.Marshal(faults)
	if err != nil {
		t.Fatal(err)
	}
	r.write("faults.json", string(script))

	first := time.Now().UTC().Truncate(time.Second).Add(40 * time.Second)
	for i := range 40 { // two begin each second
		start := first.Add(time.Duration(i/2) * time.Second)
		if i >= 30 {
			start = start.Add(45 * time.Second)
		}
		r.classes = append(r.classes, class{fmt.Sprintf("class-%d", i), start, start.Add(length)})
	}
	last := r.classes[len(r.classes)-1]
	r.cut, r.over = last.start.Add(10*time.Second), last.end.Add(30*time.Second)

	ways := []way{{name: "record.sh"}, {name: "careful.sh"}, {name: "rundown run"}}
	var wg sync.WaitGroup
	wg.Go(func() { ways[0].tally = r.scripts("record.sh", 0, 0) })
	wg.Go(func() { ways[1].tally = r.scripts("careful.sh", shortLead, shortTail) })
	wg.Go(func() { ways[2].tally = r.daemon() })
	wg.Wait()
	text := table(ways)
	t.Logf("seed %d\n%s", *seed, text)
	if *update {
		holdPage(t, "", fmt.Sprintf(inRealTime, *seed, text))
	}
}

// inRealTime is what follows realTime, around the table.
const inRealTime = `
The same in real time, with ` + "`make compare`" + `: bash and curl against the simulator as a process, and ` + "`rundown run`" + ` beside
them; 40 classes of 30 seconds, two of which begin each second. One request in twenty fails as above (seed %d). The power
is cut, which is kill -9 for all, in the middle of the last ten classes; two seconds later Rundown runs again. There is no
outage, and no session dies by itself. The careful script begins 10 s before and ends 5 s after a class; Rundown has a
padding of 5 s. What still ran at the end is counted until its maxRecordingHour: two hours for thirty seconds, which
weighs more here than in a school week. The figures are those of one run on one machine, kept as measured: no test holds
them.

%s`

// rig is what the three ways share.
type rig struct {
	t              *testing.T
	binary, folder string
	classes        []class
	cut, over      time.Time // when the power is cut, and when all is counted
}

func (r *rig) write(name, text string) string {
	path := filepath.Join(r.folder, name)
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		r.t.Error(err)
	}
	return path
}

// simulator starts one as a process and gives its address.
func (r *rig) simulator() string {
	cmd := exec.CommandContext(r.t.Context(), r.binary, "simulator", "--listen", "127.0.0.1:0", "--log-level", "error",
		"--faults", filepath.Join(r.folder, "faults.json"))
	out, err := cmd.StdoutPipe()
	if err == nil {
		err = cmd.Start()
	}
	if err != nil {
		r.t.Error(err)
		return ""
	}
	line, _ := bufio.NewReader(out).ReadString('\n')
	return strings.TrimPrefix(strings.TrimSpace(line), "listening on ")
}

func (r *rig) account(address string, told func(class) bool) tally {
	response, err := http.Get(address + "/_simulator/ledger")
	if err != nil {
		r.t.Error(err)
		return tally{}
	}
	defer response.Body.Close()
	var ledger simulator.Ledger
	if err := json.NewDecoder(response.Body).Decode(&ledger); err != nil {
		r.t.Error(err)
	}
	return account(r.classes, ledger.Sessions, told)
}

// scripts is cron: it starts a script for each class and kills those that work when the power is cut.
func (r *rig) scripts(name string, lead, tail time.Duration) tally {
	address := r.simulator()
	env := append(os.Environ(), "AGORA_API="+address, "AGORA_APP_ID=0123456789abcdef0123456789abcdef", "AGORA_CUSTOMER_ID=customer",
		"AGORA_CUSTOMER_SECRET=example", "PAGE_URL=https://school.example/", "S3_BUCKET=videos", "S3_ACCESS_KEY=example", "S3_SECRET_KEY=example")
	complained := make([]bool, len(r.classes))
	var wg sync.WaitGroup
	for i, c := range r.classes {
		wg.Go(func() {
			time.Sleep(time.Until(c.start.Add(-lead)))
			cmd := exec.Command("bash", "../../examples/cron-and-curl/"+name, c.cname, fmt.Sprint(int((lead + length + tail).Seconds())))
			cmd.Env, cmd.SysProcAttr = env, &syscall.SysProcAttr{Setpgid: true}
			if err := cmd.Start(); err != nil {
				r.t.Error(err)
				return
			}
			power := time.AfterFunc(time.Until(r.cut), func() { _ = syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL) })
			err := cmd.Wait()
			complained[i] = power.Stop() && err != nil
		})
	}
	wg.Wait()
	time.Sleep(time.Until(r.over))
	told := map[string]bool{}
	for i, c := range r.classes {
		told[c.cname] = complained[i] && name == "careful.sh"
	}
	return r.account(address, func(c class) bool { return told[c.cname] })
}

// daemon runs Rundown, kills it when the power is cut, and starts it again.
func (r *rig) daemon() tally {
	address := r.simulator()
	var plan strings.Builder
	fmt.Fprintf(&plan, `version: 1
name: school
account: {customer_id: "${ID}", customer_secret: "${SECRET}"}
apps: {main: {id: "${APP}"}}
storage: {videos: {vendor: s3, region: eu-central-1, bucket: videos, access_key: "${ACCESS}", secret_key: "${KEY}"}}
defaults: {timezone: UTC, url: "https://school.example/{id}", cname: "{id}", padding: {before: %s, after: %s}}
recordings:
`, shortTail, shortTail)
	for _, c := range r.classes {
		fmt.Fprintf(&plan, "  %s: {when: %s-%s}\n", c.cname, c.start.Format("2006-01-02 15:04:05"), c.end.Format("15:04:05"))
	}
	path := r.write("plan.yaml", plan.String())
	dsn := "sqlite:" + filepath.Join(r.folder, "rundown.db")
	run := func(until time.Time, end os.Signal) {
		cmd := exec.Command(r.binary, "run", path, "--store", dsn, "--api-url", address, "--listen", "127.0.0.1:0", "--log-level", "warn")
		cmd.Env = append(os.Environ(), "ID=customer", "SECRET=example", "APP=0123456789abcdef0123456789abcdef", "ACCESS=example", "KEY=example")
		if err := cmd.Start(); err != nil {
			r.t.Error(err)
			return
		}
		time.AfterFunc(time.Until(until), func() { _ = cmd.Process.Signal(end) })
		_ = cmd.Wait()
	}
	run(r.cut, syscall.SIGKILL)
	time.Sleep(downFor)
	run(r.over, syscall.SIGTERM)

	out, err := exec.Command(r.binary, "history", "--store", dsn, "--format", "json").Output()
	if err != nil {
		r.t.Error(err)
	}
	var history struct {
		Occurrences []struct {
			Recording       string
			Outcome, Reason *string
		}
	}
	if err := json.Unmarshal(out, &history); err != nil {
		r.t.Error(err)
	}
	told := map[string]bool{}
	for _, o := range history.Occurrences {
		told[o.Recording] = o.Outcome != nil && *o.Outcome != "recorded" || o.Reason != nil && strings.Contains(*o.Reason, "orphan")
	}
	return r.account(address, func(c class) bool { return told[c.cname] })
}

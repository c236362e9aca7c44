package render

import (
	"fmt"
	"io"
	"os"
	"sync"
	"time"

	"github.com/vbauerster/mpb/v8"
	"github.com/vbauerster/mpb/v8/decor"

	"rundown/plan"
	"rundown/runner/session"
	"rundown/runner/view"
)

// Progress shows the progress of each recording of now: a bar on a terminal, otherwise a line for each change.
//
// One goroutine, that of the command, calls Update, Say and Close. With bars there are two more: tick moves them with the clock, and
// mpb draws them, for which it asks each row for its text. Log and Shows may be called by anyone.
type Progress struct {
	err  io.Writer               // of the lines
	rows map[string]*progressRow // by occurrence; no row is added or removed after the start
	bars *mpb.Progress           // nil: lines
	done chan struct{}           // closed to end tick
	wg   sync.WaitGroup          // of tick
	once sync.Once
}

// progressRow is what is shown of one recording.
type progressRow struct {
	name       string
	zone       *time.Location
	start, end time.Time
	bar        *mpb.Bar // nil: lines
	said       string   // the text of the last line, of the goroutine that calls Update

	mu    sync.Mutex
	state string // beside the bar; guarded by mu, since mpb reads it
}

// NewProgress shows the occurrences: by bars on a terminal, where there is one, else by lines.
func NewProgress(lines io.Writer, terminal *os.File, occurrences []plan.Occurrence) *Progress {
	p := &Progress{err: lines, rows: map[string]*progressRow{}, done: make(chan struct{})}
	if terminal != nil {
		p.bars = mpb.New(mpb.WithOutput(terminal), mpb.WithWidth(48), mpb.WithRefreshRate(200*time.Millisecond))
	}
	for i := range occurrences {
		o := &occurrences[i]
		l := &progressRow{name: o.Recording.ID, zone: o.Settings.Zone, start: o.Start, end: o.End, state: string(session.Planned)}
		p.rows[o.ID] = l
		if p.bars != nil {
			l.bar = p.bars.AddBar(o.End.Sub(o.Start).Milliseconds(),
				mpb.PrependDecorators(decor.Name(l.name, decor.WCSyncSpaceR)),
				mpb.AppendDecorators(decor.Any(func(decor.Statistics) string { return l.text() }, decor.WC{C: decor.DindentRight})))
		}
	}
	if p.bars != nil {
		p.wg.Go(p.tick)
	}
	return p
}

// tick moves the bars on with the clock.
func (p *Progress) tick() {
	ticker := time.NewTicker(200 * time.Millisecond)
	defer ticker.Stop()
	for {
		select {
		case <-p.done:
			return
		case now := <-ticker.C:
			for _, l := range p.rows {
				if at := now.Sub(l.start).Milliseconds(); at > 0 {
					l.bar.SetCurrent(min(at, l.end.Sub(l.start).Milliseconds()-1))
				}
			}
		}
	}
}

// text is asked for by the goroutine that draws the bars.
func (l *progressRow) text() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.state
}

// Log is where a logger may write without breaking the bars.
func (p *Progress) Log() io.Writer {
	if p.bars != nil {
		return p.bars
	}
	return p.err
}

// Update takes in a stored step.
func (p *Progress) Update(s session.State) {
	l := p.rows[s.ID]
	if l == nil {
		return
	}
	text := describe(s, l.zone)
	l.mu.Lock()
	l.state = text
	l.mu.Unlock()
	switch {
	case p.bars == nil && text != l.said:
		fmt.Fprintf(p.err, "%s  %-20s  %s\n", time.Now().In(l.zone).Format("15:04:05 MST"), l.name, text)
		l.said = text
	case p.bars != nil && s.Phase == session.Ended:
		l.bar.SetCurrent(l.end.Sub(l.start).Milliseconds())
	}
}

// describe puts a state into a few words.
func describe(s session.State, zone *time.Location) string {
	if s.Phase == session.Ended {
		return string(s.Outcome)
	}
	if len(s.Sessions) == 0 {
		return string(s.Phase)
	}
	x := s.Sessions[len(s.Sessions)-1]
	text := string(x.State)
	if len(s.Sessions) > 1 {
		text = fmt.Sprintf("session %d: %s", x.Attempt, text)
	}
	switch {
	case x.State == session.SessionRunning:
		text = "recording until " + s.Until.In(zone).Format("15:04:05 MST")
	case x.State == session.SessionConfirming:
		text += " " + x.SID
	case x.Reason != "" && !x.State.Final():
		text += ": " + x.Reason
	}
	return view.Line(text)
}

// Shows says that it shows an occurrence.
func (p *Progress) Shows(id string) bool { return p.rows[id] != nil }

// Say prints a line beside what is shown.
func (p *Progress) Say(text string) { fmt.Fprintf(p.Log(), "rundown: %s\n", text) }

// Close ends the display. Closing twice is closing once.
func (p *Progress) Close() {
	p.once.Do(func() {
		close(p.done)
		p.wg.Wait()
		if p.bars == nil {
			return
		}
		for _, l := range p.rows {
			if !l.bar.Completed() {
				l.bar.Abort(false)
			}
		}
		p.bars.Wait()
	})
}

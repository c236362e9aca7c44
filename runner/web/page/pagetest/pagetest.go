// Package pagetest drives a headless Chromium for the tests of the duty page: it shows pages as people see them, acts as
// they do, and holds pages against axe, which finds what people with a screen reader, a keyboard or weak eyes stumble
// over. axe/ has axe-core as the npm registry serves it, with its licence; make axe takes a newer one.
package pagetest

import (
	"context"
	_ "embed"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/input"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// patience is how long the browser may take for one thing. Machines on which tests run may have much else to do.
const patience = time.Minute

//go:embed axe/axe.min.js
var axe string

//go:embed fonts.conf
var fonts []byte

// Browser is a tab of a Chromium of its own, which ends with the test.
type Browser struct {
	t        testing.TB
	ctx      context.Context
	messages func() []string
}

// Start starts a browser. It takes the first Chromium or Chrome that it finds in the PATH.
func Start(t testing.TB) *Browser {
	t.Helper()
	config := filepath.Join(t.TempDir(), "fonts.conf")
	if err := os.WriteFile(config, fonts, 0o600); err != nil {
		t.Fatal(err)
	}
	opts := append(chromedp.DefaultExecAllocatorOptions[:], chromedp.Env("FONTCONFIG_FILE="+config), chromedp.WSURLReadTimeout(patience),
		chromedp.Flag("force-color-profile", "srgb"), chromedp.Flag("hide-scrollbars", true))
	if os.Getuid() == 0 {
		opts = append(opts, chromedp.NoSandbox) // Chromium refuses to run as root with one
	}
	allocator, end := chromedp.NewExecAllocator(context.WithoutCancel(t.Context()), opts...)
	ctx, closeTab := chromedp.NewContext(allocator)
	t.Cleanup(func() {
		closeTab()
		end()
	})
	if err := chromedp.Do(ctx); err != nil {
		t.Fatalf("start Chromium: %v; make test installs it on Debian, elsewhere it must be in the PATH", err)
	}
	b := &Browser{t: t, ctx: ctx}
	b.listen()
	return b
}

// listen keeps what pages write to the console: errors, and what their own policy forbids.
func (b *Browser) listen() {
	heard := make(chan string, 1000)
	messages := chromedp.Console(b.ctx)
	go func() {
		for m, err := range messages {
			if err != nil {
				return
			}
			select {
			case heard <- m.String():
			default: // more than anybody reads
			}
		}
	}()
	b.messages = func() (all []string) {
		for {
			select {
			case m := <-heard:
				all = append(all, m)
			default:
				return all
			}
		}
	}
}

// Do carries out steps.
func (b *Browser) Do(steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, stop := context.WithTimeout(b.ctx, patience)
	defer stop()
	if err := chromedp.Do(ctx, steps...); err != nil {
		b.t.Fatal(err)
	}
}

// Ask gives the value of an expression of the page.
func Ask[T any](b *Browser, expression string) T {
	b.t.Helper()
	return See(b, chromedp.Evaluate[T](expression, chromedp.EvalAwaitPromise))
}

// See gives what an action reads.
func See[T any](b *Browser, action chromedp.Action[T]) T {
	b.t.Helper()
	ctx, stop := context.WithTimeout(b.ctx, patience)
	defer stop()
	got, err := chromedp.Run(ctx, action)
	if err != nil {
		b.t.Fatal(err)
	}
	return got
}

// Open shows a page.
func (b *Browser) Open(address string) {
	b.t.Helper()
	b.Do(chromedp.Navigate(address))
}

// Await waits until an expression of the page is true; what says what is waited for. The page may be left meanwhile.
func (b *Browser) Await(what, expression string) {
	b.t.Helper()
	ctx, stop := context.WithTimeout(b.ctx, patience)
	defer stop()
	for {
		is, err := chromedp.Run(ctx, chromedp.Poll[bool]("!!("+expression+")", chromedp.WithPollingTimeout(patience)))
		if err == nil && is {
			return
		}
		if ctx.Err() != nil {
			b.t.Fatalf("%s: %v; the page says:\n%s", what, err, b.Text())
		}
	}
}

// Text is what the page says, as a person reads it.
func (b *Browser) Text() string {
	b.t.Helper()
	return Ask[string](b, `document.querySelector("main").innerText`)
}

// Press presses keys.
func (b *Browser) Press(keys string) {
	b.t.Helper()
	b.Do(chromedp.KeyEvent(keys))
}

// Focus is the text of what has the focus.
func (b *Browser) Focus() string {
	b.t.Helper()
	return Ask[string](b, `(document.activeElement.innerText || document.activeElement.id || document.activeElement.name || document.activeElement.tagName).trim()`)
}

// found is the first element that fits, once it can be seen and nothing lies over it; it is scrolled to. A live page changes
// at any time, so that what is done with the element must be in the same expression.
const found = `((selector) => {
  const e = document.querySelector(selector);
  if (!e) return null;
  e.scrollIntoView({ block: "center", inline: "center", behavior: "instant" });
  const box = e.getClientRects()[0];
  if (!box) return null;
  const top = document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2);
  return e.contains(top) ? e : null;
})(%q)`

// do carries out JavaScript on the element e that a selector finds, as soon as there is one, and gives what it returns.
func do[T any](ctx context.Context, tab *chromedp.Target, selector, act string) (T, error) {
	expression := fmt.Sprintf(`((e) => { if (!e) return null; %s })(`+found+`)`, act, selector)
	for {
		got, err := chromedp.Evaluate[*T](expression, func(p *runtime.EvaluateParams) { p.UserGesture = new(true) })(ctx, tab)
		if err == nil && got != nil {
			return *got, nil
		}
		select {
		case <-time.After(20 * time.Millisecond):
		case <-ctx.Done():
			return *new(T), errors.Join(ctx.Err(), err)
		}
	}
}

// Click clicks on the first element that fits, and waits for the page that follows.
func (b *Browser) Click(selector string) {
	b.t.Helper()
	ctx, stop := context.WithTimeout(b.ctx, patience)
	defer stop()
	click := chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := do[bool](ctx, tab, selector, "e.click(); return true")
		return err
	})
	if _, err := chromedp.RunResponse(ctx, click); err != nil {
		b.t.Fatalf("click %s: %v; the page says:\n%s", selector, err, b.Text())
	}
}

// Hold presses the mouse on the first element that fits. It gives what releases the mouse, in the same place.
func (b *Browser) Hold(selector string) (release func()) {
	b.t.Helper()
	at := See(b, func(ctx context.Context, tab *chromedp.Target) (at [2]float64, err error) {
		return do[[2]float64](ctx, tab, selector, "const box = e.getClientRects()[0]; return [box.x + box.width / 2, box.y + box.height / 2]")
	})
	mouse := func(event input.DispatchMouseEventType) {
		b.t.Helper()
		b.Do(chromedp.MouseEvent(event, at[0], at[1], chromedp.ButtonLeft, chromedp.ClickCount(1)))
	}
	mouse(chromedp.MousePressed)
	return func() {
		b.t.Helper()
		mouse(chromedp.MouseReleased)
	}
}

// Type puts a text into a field by its keys, in the place of what is in it.
func (b *Browser) Type(selector, text string) {
	b.t.Helper()
	_ = See(b, func(ctx context.Context, tab *chromedp.Target) (bool, error) {
		return do[bool](ctx, tab, selector, "e.focus(); e.select(); return document.activeElement === e")
	})
	b.Press(text)
}

// Screen sets the size of the window, and whether it is a phone's.
func (b *Browser) Screen(width, height int64, phone bool) {
	b.t.Helper()
	if phone {
		b.Do(chromedp.EmulateViewport(width, height, chromedp.EmulateMobile, chromedp.EmulateTouch))
		return
	}
	b.Do(chromedp.EmulateViewport(width, height))
}

// Scheme has the browser ask for "light" or "dark" pages.
func (b *Browser) Scheme(name string) {
	b.t.Helper()
	call(b, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: name}}})
}

// Zone sets the browser's time zone.
func (b *Browser) Zone(name string) {
	b.t.Helper()
	call(b, emulation.SetTimezoneOverride, emulation.SetTimezoneOverrideParams{TimezoneID: name})
}

// Scripts says whether pages may run scripts.
func (b *Browser) Scripts(allowed bool) {
	b.t.Helper()
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: !allowed})
}

func call[P, R any](b *Browser, command cdp.Command[P, R], params P) {
	b.t.Helper()
	b.Do(chromedp.Func(func(ctx context.Context, target *chromedp.Target) error {
		_, err := cdp.Call(ctx, target, command, params)
		return err
	}))
}

// Picture is the whole page, however long it is, as PNG.
func (b *Browser) Picture() []byte {
	b.t.Helper()
	return See(b, chromedp.FullScreenshot(100))
}

// Window is what can be seen without scrolling, as PNG.
func (b *Browser) Window() []byte {
	b.t.Helper()
	return See(b, chromedp.CaptureScreenshot())
}

// Messages are what pages wrote to the console since the last call.
func (b *Browser) Messages() []string { return b.messages() }

// finding is what axe finds.
type finding struct {
	ID, Impact, Help string
	Nodes            []struct {
		HTML           string
		FailureSummary string
	}
}

// Findings are what axe finds on the page, by all its rules, each with the elements that it is about.
func (b *Browser) Findings() (list []string) {
	b.t.Helper()
	if !Ask[bool](b, "typeof axe === 'object'") {
		_ = Ask[bool](b, axe+"; true")
	}
	for _, f := range Ask[[]finding](b, "axe.run().then(r => r.violations)") {
		var where []string
		for _, n := range f.Nodes {
			where = append(where, "  "+n.HTML+"\n    "+strings.ReplaceAll(n.FailureSummary, "\n", " "))
		}
		list = append(list, fmt.Sprintf("%s (%s): %s\n%s", f.ID, f.Impact, f.Help, strings.Join(where, "\n")))
	}
	return list
}

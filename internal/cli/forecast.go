package cli

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"rundown/internal/cli/render"
	"rundown/internal/planfile"
	"rundown/plan"
	"rundown/plan/forecast"
	"rundown/runner/view"
)

// newForecastCommand makes forecast, which computes from plan files alone and needs no store: the same plans and --now give the same
// bytes. A plan with errors is status 1, and the figures are of what could be read of it.
func newForecastCommand(a *app) *cobra.Command {
	cmd := &cobra.Command{
		Use:   "forecast PLAN...",
		Short: "Forecast concurrency, request rate, minutes and cost of plans",
		Long: `Forecast the concurrency, request rate, minutes and cost of plans.

For each app, region and class of resolution it prints the peak concurrency
with and without padding, and when it occurs; the peak request rate; minutes
and cost as Agora rounds them, by month and by label; and the worst-case cost
of a failed stop. Plans that use the same App ID are added up and checked
together against its limits. Queries are counted as seldom as the daemon sends
them: one for each recording every two minutes. While the limit leaves room,
it asks more often, up to half of the limit; starts and stops go first.

The period starts now, or with the first class if that is later. It ends with
the last class, but at most 366 days later. If a plan has errors, the forecast
counts what could be read and the exit status is 1.`,
		Example: `  rundown forecast plan.yaml
  rundown forecast plan.yaml --from 2031-09-15 --until 2031-12-19
  rundown forecast plans/*.yaml --prices hd=12,full_hd=24,free=0 --format json`,
		Args:              arguments(1, -1, "PLAN"),
		ValidArgsFunction: completePlans,
	}
	format := addFormat(cmd, "text", "json")
	flags := addForecastFlags(cmd)
	addIncludeDir(a, cmd)
	cmd.RunE = func(cmd *cobra.Command, args []string) error {
		opts, err := flags.options(a.now())
		if err != nil {
			return &usageError{cmd.CommandPath(), err}
		}
		plans, err := a.plansToTell(args, true)
		if err != nil {
			return err
		}
		f := forecast.Of(planfile.Parsed(plans), opts)
		out := bufio.NewWriter(a.out)
		if format.value == "json" {
			err = render.JSON(out, view.ForecastOf(f))
		} else {
			a.forecastText(out, f)
		}
		return cmp.Or(err, out.Flush(), soundness(plans))
	}
	return cmd
}

// priceFlag is --prices.
type priceFlag struct{ forecast.Prices }

func (p *priceFlag) String() string {
	return fmt.Sprintf("hd=%g,full_hd=%g,free=%d", float64(p.HD)/1000, float64(p.FullHD)/1000, p.Free)
}
func (p *priceFlag) Type() string { return "PRICES" }

func (p *priceFlag) Set(s string) (err error) {
	p.Prices, err = forecast.ParsePrices(s)
	return err
}

// forecastFlags are the flags of commands with a forecast.
type forecastFlags struct {
	window
	prices priceFlag
}

// addForecastFlags adds --from, --until and --prices. The default period is that of validate.
func addForecastFlags(cmd *cobra.Command) *forecastFlags {
	f := &forecastFlags{prices: priceFlag{forecast.DocumentedPrices()}}
	cmd.Flags().Var(&f.from, "from", "first start: `TIME` is RFC 3339 or a day in the recording's zone (default: now, or the first class if that is later)")
	cmd.Flags().Var(&f.until, "until", "end of the period: `TIME`; a day is included (default: the last class, at most 366 days)")
	cmd.Flags().Var(&f.prices, "prices", "`PRICES` per 1,000 minutes in US dollars, and free minutes per month")
	return f
}

// options turns the flags into bounds. The forecast has the defaults.
func (f *forecastFlags) options(now time.Time) (forecast.Options, error) {
	w, err := f.closed()
	return forecast.Options{Now: now, Prices: &f.prices.Prices, From: w.from.Bound, Until: w.until.Bound}, err
}

// minuteLayout is a time in tables: to the minute, with its zone.
const minuteLayout = "2006-01-02 15:04 MST"

// forecastText writes a forecast for people.
func (a *app) forecastText(w io.Writer, f *forecast.Forecast) {
	if f.Classes == 0 {
		fmt.Fprintln(w, "no classes in this period")
		return
	}
	say := func(format string, args ...any) { a.printHanging(w, "", fmt.Sprintf(format, args...), len("  ")) }
	say("%s, %s, %s from %s to %s", render.Plural(f.Recordings, "recording"), render.Plural(f.Classes, "class"),
		render.Plural(f.Sessions, "session"), f.First.Format(time.DateOnly), f.Last.Format(time.DateOnly))
	say("peak concurrency: %s with padding, %s without", peakText(f.Peak.Padded), peakText(f.Peak.Unpadded))

	fmt.Fprintln(w)
	loads := render.Table{Header: []any{"APP", "REGION", "CLASS", "SESSIONS", "LIMIT", "PEAK", "PADDED", "HOURS"}}
	for _, app := range f.Apps {
		for _, p := range app.Places {
			for _, l := range p.Loads {
				if l.Sessions == 0 {
					continue
				}
				loads.Add(fmt.Sprintf("peak at %s; worst-case cost of a failed stop: US$ %.2f (%d h, %s)",
					l.Peak.Padded.At.Format(minuteLayout), l.FailedStop.CostUSD, l.FailedStop.Hours, view.Line(l.FailedStop.Recording)),
					appName(app.App), regionText(p), strings.ToUpper(string(l.StreamClass)), l.Sessions, l.Limit,
					l.Peak.Unpadded.Sessions, l.Peak.Padded.Sessions, fmt.Sprintf("%.1f", float64(l.Seconds)/3600))
			}
		}
	}
	a.printTable(w, &loads, a.width())

	fmt.Fprintln(w)
	var queries time.Duration
	for _, app := range f.Apps {
		if app.Peak.Padded.Sessions > 0 {
			say("%s", requestsText(app))
			queries = app.Requests.PollEvery
		}
	}
	if queries > 0 {
		say("queries are counted as seldom as they are sent: each %s for a recording, more often where the limit leaves room", plan.DurationText(queries))
	}

	fmt.Fprintln(w)
	t := render.NewTable(nil, "MONTH", "ACCOUNT", "HD MIN", "FULL HD MIN", "FREE MIN", "USED UP", "US$")
	for _, m := range f.Months {
		t.AppendRow([]any{view.MonthText(m), view.Line(m.Account), m.HD, m.FullHD, m.FreeHD + m.FreeFHD, view.DayText(m.FreeUsedUp), fmt.Sprintf("%.2f", m.CostUSD)})
	}
	t.AppendFooter([]any{"total", "", "", "", "", "", fmt.Sprintf("%.2f", f.CostUSD)})
	render.RenderTable(w, a.lineWidth(a.out), t, "FREE MIN", "USED UP", "ACCOUNT")

	if len(f.Labels) > 0 {
		fmt.Fprintln(w)
		t = render.NewTable(nil, "LABEL", "VALUE", "CLASSES", "HD H", "FULL HD H", "US$ BEFORE FREE MINUTES")
		for _, l := range f.Labels {
			t.AppendRow([]any{
				view.Line(l.Key), view.Line(l.Value), l.Classes, fmt.Sprintf("%.1f", float64(l.Seconds.HD)/3600),
				fmt.Sprintf("%.1f", float64(l.Seconds.FullHD)/3600), fmt.Sprintf("%.2f", l.CostUSD),
			})
		}
		render.RenderTable(w, a.lineWidth(a.out), t, "HD H", "FULL HD H")
	}
	charts(w, f, a.lineWidth(a.out))
}

// requestsText is the peak concurrency and the peak request rate of an app.
func requestsText(a forecast.AppForecast) string {
	r := a.Requests
	limit := ""
	if a.App != nil {
		limit = fmt.Sprintf(" of %d", a.App.Limits.MaxConcurrent())
	}
	updates := ""
	if r.Updates > 0 {
		updates = fmt.Sprintf("%d update, ", r.Updates)
	}
	text := fmt.Sprintf("%s: peak concurrency %d%s; peak request rate %d/s at %s (%d start, %d stop, %s%d query), limit %d/s",
		appName(a.App), a.Peak.Padded.Sessions, limit, r.Worst, r.WorstAt.Format("2006-01-02 15:04:05 MST"), r.Starts, r.Stops, updates, r.Worst-r.Starts-r.Stops-r.Updates, r.QPS)
	if r.Ahead > 0 {
		text += fmt.Sprintf("; starts are sent up to %v early", r.Ahead.Round(100*time.Millisecond))
	}
	if r.Wait > 0 {
		text += fmt.Sprintf("; requests wait up to %v", r.Wait)
	}
	return text
}

// appName names an app; a plan with errors may have recordings without one.
func appName(a *plan.App) string {
	if a == nil {
		return "no app"
	}
	return view.Line(a.Name)
}

// regionText names a region; without one the service chooses.
func regionText(p forecast.PlaceForecast) string {
	if p.Region == "" {
		return "any"
	}
	return string(p.Region)
}

// peakText is a number of sessions and when there are so many first.
func peakText(p forecast.Peak) string {
	return fmt.Sprintf("%d (%s)", p.Sessions, p.At.Format(minuteLayout))
}

// chartWidth is how many characters the longest bar of a chart has where there is room.
const chartWidth = 40

// charts draws the peak concurrency by hour of the day and by day of the week, within so many columns.
func charts(w io.Writer, f *forecast.Forecast, columns int) {
	longest := min(chartWidth, columns-len("  00:00 0000 "))
	var hours [24]int
	var days [7]int
	most := 0
	for i, n := range f.Week {
		hours[i%24], days[i/24] = max(hours[i%24], n), max(days[i/24], n)
		most = max(most, n)
	}
	bar := func(label string, n int) {
		fmt.Fprintln(w, strings.TrimRight(fmt.Sprintf("  %s %4d %s", label, n, strings.Repeat("#", (n*longest+most-1)/max(most, 1))), " "))
	}
	fmt.Fprintf(w, "\npeak concurrency by hour (%s)\n", f.Zone)
	first, last := 0, 23
	for first < 23 && hours[first] == 0 {
		first++
	}
	for last > first && hours[last] == 0 {
		last--
	}
	for h := first; h <= last; h++ {
		bar(fmt.Sprintf("%02d:00", h), hours[h])
	}
	fmt.Fprintf(w, "\npeak concurrency by day\n")
	for d, n := range days {
		bar("  "+time.Weekday((d + 1) % 7).String()[:3], n)
	}
}

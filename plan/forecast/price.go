package forecast

import (
	"fmt"
	"math"
	"strconv"
	"strings"

	"rundown/agora/catalog"
)

// Prices are what a minute costs, in millionths of a US dollar (µ$): with 14 US dollars for 1000 minutes, a minute costs 14,000 µ$. Sums
// are whole numbers, so that their order does not change them.
type Prices struct {
	HD, FullHD int64 // µ$ a minute
	Free       int64 // minutes for each account and month
}

// DocumentedPrices are those of Agora's price list; a contract overrides them.
func DocumentedPrices() Prices {
	return Prices{
		HD:     int64(catalog.UnitPrice(catalog.BillingHD)) * 1000,
		FullHD: int64(catalog.UnitPrice(catalog.BillingFullHD)) * 1000,
		Free:   int64(catalog.FreeMinutes()),
	}
}

// ParsePrices parses prices as "hd=14,full_hd=28,free=10000": US dollars for 1000 minutes, to a thousandth, and free
// minutes a month. Omitted prices are the documented ones.
func ParsePrices(s string) (Prices, error) {
	p := DocumentedPrices()
	seen := map[string]bool{}
	for part := range strings.SplitSeq(s, ",") {
		name, value, ok := strings.Cut(strings.TrimSpace(part), "=")
		if !ok {
			return p, fmt.Errorf("%q is not a price: write hd=14,full_hd=28,free=10000", part)
		}
		if seen[name] {
			return p, fmt.Errorf("%s is given twice", name)
		}
		seen[name] = true
		n, err := strconv.ParseFloat(value, 64)
		if err != nil || math.IsNaN(n) || n < 0 || n > 1e6 {
			return p, fmt.Errorf("%s=%s is not a number from 0 to 1000000", name, value)
		}
		switch name {
		case "hd":
			p.HD = int64(math.Round(n * 1000))
		case "full_hd":
			p.FullHD = int64(math.Round(n * 1000))
		case "free":
			if n != math.Trunc(n) {
				return p, fmt.Errorf("free=%s is not a whole number of minutes", value)
			}
			p.Free = int64(n)
		default:
			return p, fmt.Errorf("%q is not a price: hd, full_hd or free", name)
		}
	}
	return p, nil
}

// of gives the price of a minute of a billing class.
func (p Prices) of(c catalog.BillingClass) int64 {
	if c == catalog.BillingHD {
		return p.HD
	}
	return p.FullHD
}

// bill rounds the seconds of an account's month as Agora does: summed up by class, divided by 60, rounded up once.
// Free minutes go to HD first; that other products may use them is not known here. The cost is in millionths of a US
// dollar.
func (p Prices) bill(s Seconds) (m MonthForecast, cost int64) {
	m = MonthForecast{Seconds: s, HD: minutesOf(s.HD), FullHD: minutesOf(s.FullHD)}
	m.FreeHD = min(m.HD, p.Free)
	m.FreeFHD = min(m.FullHD, p.Free-m.FreeHD)
	cost = (m.HD-m.FreeHD)*p.HD + (m.FullHD-m.FreeFHD)*p.FullHD
	m.CostUSD = dollars(cost)
	return m, cost
}

// minutesOf rounds the seconds of a month up to minutes.
func minutesOf(seconds int64) int64 { return (seconds + 59) / 60 }

// share is what seconds cost without rounding and free minutes, in millionths of a US dollar.
func (p Prices) share(s Seconds) int64 { return (s.HD*p.HD + s.FullHD*p.FullHD) / 60 }

// dollars converts millionths of a US dollar.
func dollars(micro int64) float64 { return float64(micro) / 1e6 }

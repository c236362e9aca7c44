package plan

import (
	"time"

	"rundown/agora"
)

// monthMeter adds up seconds by account, calendar month in UTC and the class that is billed.
type monthMeter struct {
	starts  []int64 // of the months, and of the one after the last
	seconds [][]Seconds
	n       int // accounts
}

func newMonthMeter(from int64, accounts int) monthMeter {
	t := time.Unix(from, 0).UTC()
	return monthMeter{starts: []int64{time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC).Unix()}, n: accounts}
}

// longestMonth guesses no month later than that of an instant, in seconds.
const longestMonth = 31 * daySeconds

// month finds that of an instant.
func (m *monthMeter) month(at int64) int {
	i := max(int((at-m.starts[0])/longestMonth), 0)
	for {
		for len(m.starts) <= i+1 {
			t := time.Unix(m.starts[len(m.starts)-1], 0).UTC()
			m.starts = append(m.starts, time.Date(t.Year(), t.Month()+1, 1, 0, 0, 0, 0, time.UTC).Unix())
			m.seconds = append(m.seconds, make([]Seconds, m.n))
		}
		if at < m.starts[i+1] {
			return i
		}
		i++
	}
}

// add counts the sessions of so many recordings' class in the months in which they are.
func (m *monthMeter) add(from, until, recordings int64, c *counter) {
	for from < until {
		i := m.month(from)
		end := min(until, m.starts[i+1])
		s := &m.seconds[i][c.account]
		if c.billing == agora.BillingHD {
			s.HD += (end - from) * c.sessions * recordings
		} else {
			s.FullHD += (end - from) * c.sessions * recordings
		}
		from = end
	}
}

// months are the bills, and their total in µ$.
func (m *monthMeter) months(accounts []string, prices Prices) (list []MonthForecast, total int64) {
	for i, of := range m.seconds {
		for j, s := range of {
			if s == (Seconds{}) {
				continue
			}
			bill, cost := prices.bill(s)
			t := time.Unix(m.starts[i], 0).UTC()
			bill.Account, bill.Year, bill.Month = accounts[j], t.Year(), t.Month()
			list = append(list, bill)
			total += cost
		}
	}
	return list, total
}

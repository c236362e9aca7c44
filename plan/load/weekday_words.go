package load

import (
	"strings"
	"time"

	"github.com/agext/levenshtein"

	"rundown/plan"
)

// language has the names of days, so that a hint can give the English ones. Plans take only English names.
type language struct {
	name  string
	words map[string]time.Weekday // full names and usual abbreviations, lower case, without accents
}

// dayLanguages are English, the languages of the schools whose plans are known, and Dutch, since its abbreviations
// mean other days than the same ones in French, Spanish and Italian.
var dayLanguages = []language{
	newLanguage("English", "su sun sunday", "mo mon monday", "tu tue tues tuesday", "we wed weds wednesday", "th thu thur thurs thursday", "fr fri friday", "sa sat saturday"),
	newLanguage("German", "so son sonntag", "mo mon montag", "di die dienstag", "mi mit mittwoch", "do don donnerstag", "fr fre freitag", "sa sam samstag sonnabend"),
	newLanguage("Spanish", "do dom domingo", "lu lun lunes", "ma mar martes", "mi mie miercoles", "ju jue jueves", "vi vie viernes", "sa sab sabado"),
	newLanguage("French", "di dim dimanche", "lu lun lundi", "ma mar mardi", "me mer mercredi", "je jeu jeudi", "ve ven vendredi", "sa sam samedi"),
	newLanguage("Italian", "do dom domenica", "lu lun lunedi", "ma mar martedi", "me mer mercoledi", "gi gio giovedi", "ve ven venerdi", "sa sab sabato"),
	newLanguage("Portuguese", "dom domingo", "seg segunda segunda-feira", "ter terca terca-feira", "qua quarta quarta-feira", "qui quinta quinta-feira", "sex sexta sexta-feira", "sab sabado"),
	newLanguage("Dutch", "zo zon zondag", "ma maa maandag", "di din dinsdag", "wo woe woensdag", "do don donderdag", "vr vri vrijdag", "za zat zaterdag"),
}

// newLanguage takes the words of each day, from Sunday.
func newLanguage(name string, days ...string) language {
	l := language{name, make(map[string]time.Weekday)}
	for i, words := range days {
		for _, word := range strings.Fields(words) {
			l.words[word] = time.Weekday(i)
		}
	}
	return l
}

// day finds the day that a word names in the language; a plural, as Mondays, names the same day.
func (l language) day(word string) (time.Weekday, bool) {
	day, ok := l.words[word]
	if singular, plural := strings.CutSuffix(word, "s"); !ok && plural && len(singular) > 4 {
		day, ok = l.words[singular]
	}
	return day, ok
}

// dayGroups are words for several days.
var dayGroups = map[string]plan.Weekdays{
	"weekday": 0b0111110, "weekdays": 0b0111110, "workday": 0b0111110, "workdays": 0b0111110,
	"weekend": 0b1000001, "weekends": 0b1000001, "daily": 0b1111111, "everyday": 0b1111111,
}

// foldWord makes words comparable: lower case, without accents and the dot of an abbreviation.
func foldWord(word string) string { return strings.TrimSuffix(strings.ToLower(foldLatin(word)), ".") }

// meaning is what a word may mean as days.
type meaning struct {
	word    string // as typed
	days    plan.Weekdays
	known   bool // the days are what the word means
	guessed bool // the word is misspelt, and the days are the likeliest
}

// interpretDays finds the days that the words of one text mean. It reads all of them in one language where one has
// them all. A word about which languages disagree is not known.
func interpretDays(words []string) []meaning {
	folded := make([]string, len(words))
	for i, word := range words {
		folded[i] = foldWord(word)
	}
	if list, ok := commonMeaning(words, folded); ok {
		return list
	}
	list := make([]meaning, len(words))
	for i, word := range words {
		list[i] = meaning{word: word}
		if one, ok := commonMeaning(words[i:i+1], folded[i:i+1]); ok {
			list[i] = one[0]
		} else if day, ok := misspelt(folded[i]); ok && len(readings(word)) == 0 {
			list[i] = meaning{word, 1 << day, true, true}
		}
	}
	return list
}

// commonMeaning reads all words in each language that has them all; false where there is none, or where languages
// disagree.
func commonMeaning(words, folded []string) ([]meaning, bool) {
	var common []meaning
	for _, l := range dayLanguages {
		list := make([]meaning, 0, len(words))
		for i, word := range folded {
			if group, ok := dayGroups[word]; ok {
				list = append(list, meaning{word: words[i], days: group, known: true})
			} else if day, ok := l.day(word); ok {
				list = append(list, meaning{word: words[i], days: 1 << day, known: true})
			}
		}
		if len(list) < len(words) {
			continue
		}
		for i := range common {
			if common[i] != list[i] {
				return nil, false
			}
		}
		common = list
	}
	return common, common != nil
}

// dayReading is a day and the languages in which a word names it.
type dayReading struct {
	day       time.Weekday
	languages []string
}

// readings lists the days that a word names, in the order of the languages.
func readings(word string) []dayReading {
	var list []dayReading
next:
	for _, l := range dayLanguages {
		day, ok := l.day(foldWord(word))
		if !ok {
			continue
		}
		for i := range list {
			if list[i].day == day {
				list[i].languages = append(list[i].languages, l.name)
				continue next
			}
		}
		list = append(list, dayReading{day, []string{l.name}})
	}
	return list
}

// misspelt finds the English day that a word probably means: one with the same beginning that differs in one letter,
// or in two for a full name.
func misspelt(word string) (time.Weekday, bool) {
	for i, name := range plan.WeekdayNames {
		name = strings.ToLower(name)
		if !strings.HasPrefix(word, name[:2]) {
			continue
		}
		if len(word) <= 4 && levenshtein.Distance(word, name[:3], nil) <= 1 || len(word) > 4 && len(word) < 20 && levenshtein.Distance(word, name, nil) <= 2 {
			return time.Weekday(i), true
		}
	}
	return 0, false
}

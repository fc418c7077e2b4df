package html

import (
	"fmt"
	"html/template"
	"slices"

	"probewise/advisor"
	"probewise/advisor/figure"
	"probewise/trainer"
)

// statistic is one of the catalogue's, as the page offers it.
type statistic struct{ *trainer.Statistic }

// key is what the page's address says: "weights.variance".
func (s statistic) key() string { return string(s.Of) + "." + s.Name }

func (s statistic) title() string { return figure.Capital(string(s.Of)) + ": " + s.Title }

// short heads a narrow column.
func (s statistic) short() string {
	if s.Threshold > 0 {
		return s.Short + figure.Setting(s.Threshold)
	}
	return s.Short
}

func (s statistic) measure(r trainer.EpochRecord, layer string) trainer.Number {
	return advisor.Quantity{Statistic: s.Statistic, Epoch: r.Epoch}.Measure([]trainer.EpochRecord{r}, layer)
}

// offered returns the statistics of a tensor, in the order in which they are offered.
func offered(of trainer.TensorKind) []statistic {
	var all []statistic
	for _, s := range trainer.Catalogue() {
		if s.Of == of {
			all = append(all, statistic{s})
		}
	}
	return all
}

// Choice is a statistic that the page offers.
type Choice struct {
	Key, Title string
	Selected   bool
}

// ChoiceGroup is the statistics of weights, gradients or activations.
type ChoiceGroup struct {
	Title   string
	Choices []Choice
}

// Panel shows how a run's statistics moved: one of them in detail, and all of them at the last record.
type Panel struct {
	Groups     []ChoiceGroup
	Key        string // of the chosen statistic
	Title      string
	Note       string // what was left out
	Marked     bool   // a diagnosis is about it: the layer is marked
	Map        template.HTML
	Legend     template.HTML
	Scale      string
	Table      Table
	Last       string // which record the second map is of
	LastMap    template.HTML
	LastLegend template.HTML
	LastTwin   Table
}

// most cells of a heat map, and most and least columns of one.
const (
	maxCells   = 4000
	maxColumns = 64
	fewColumns = 12
)

// NewPanel makes the panel of the statistic with the key ("weights.variance"); of the one that the worst diagnosis is
// about where the key is not known, and of the activations' variance where there is none. It returns nil where nothing
// was recorded.
func NewPanel(records []trainer.EpochRecord, diagnoses []advisor.Diagnosis, key string) *Panel {
	if len(records) == 0 || len(records[0].Layers) == 0 {
		return nil
	}
	var layers []string
	for _, l := range records[0].Layers {
		layers = append(layers, l.Layer)
	}
	chosen := choose(key, diagnoses)
	p := &Panel{Groups: offer(chosen), Key: chosen.key(), Title: chosen.title()}
	shown := atMost(records, min(max(maxCells/len(layers), fewColumns), maxColumns))
	if len(shown) < len(records) {
		p.Note = fmt.Sprintf("%d of %d records are shown, at even distances.", len(shown), len(records))
	}
	m := through(shown, layers, chosen)
	m.Marked = func(layer string) bool {
		return slices.ContainsFunc(diagnoses, func(d advisor.Diagnosis) bool {
			return d.Layer == layer && advisor.StatisticOf(d) == chosen.Statistic
		})
	}
	p.Marked = slices.ContainsFunc(layers, m.Marked)
	p.Map, p.Legend, p.Scale = m.SVG(), m.Scale.Legend(), m.Scale.String()
	p.Table = m.twin("statistic", chosen.title()+", by layer and epoch", "Epoch", figure.Capital(chosen.Title))
	last := records[len(records)-1]
	p.Last, p.LastLegend = figure.Setting(last.Epoch), Scale{}.Legend()
	for _, of := range trainer.TensorKinds() {
		overview := at(last, layers, of)
		twin := overview.twin("overview", "All statistics at epoch "+p.Last+", by layer", "Statistic", "")
		twin.Rows = append(p.LastTwin.Rows, twin.Rows...)
		p.LastTwin = twin
		if len(overview.Columns) > 0 {
			p.LastMap += overview.SVG()
		}
	}
	return p
}

// choose finds the statistic of the key, or the one to begin with.
func choose(key string, diagnoses []advisor.Diagnosis) statistic {
	worst := slices.Clone(diagnoses)
	order := []advisor.Severity{advisor.High, advisor.Medium, advisor.Low}
	slices.SortStableFunc(worst, func(a, b advisor.Diagnosis) int {
		return slices.Index(order, a.Severity) - slices.Index(order, b.Severity)
	})
	for _, s := range trainer.Catalogue() {
		if s := (statistic{s}); s.key() == key {
			return s
		}
	}
	for _, d := range worst {
		if s := advisor.StatisticOf(d); s != nil {
			return statistic{s}
		}
	}
	return statistic{trainer.StatisticNamed("activation_variance")}
}

// about returns the key of the statistic that a diagnosis is about; "" where it is about anything else.
func about(d advisor.Diagnosis) string {
	if s := advisor.StatisticOf(d); s != nil {
		return statistic{s}.key()
	}
	return ""
}

func offer(chosen statistic) []ChoiceGroup {
	var groups []ChoiceGroup
	for _, of := range trainer.TensorKinds() {
		g := ChoiceGroup{Title: figure.Capital(string(of))}
		for _, s := range offered(of) {
			g.Choices = append(g.Choices, Choice{s.key(), s.Title, s == chosen})
		}
		groups = append(groups, g)
	}
	return groups
}

// atMost takes records at even distances, the first and the last among them.
func atMost(records []trainer.EpochRecord, most int) []trainer.EpochRecord {
	if len(records) <= most {
		return records
	}
	shown := make([]trainer.EpochRecord, most)
	for i := range shown {
		shown[i] = records[i*(len(records)-1)/(most-1)]
	}
	return shown
}

// through is the heat map of one statistic, layers × epochs.
func through(records []trainer.EpochRecord, layers []string, s statistic) HeatMap {
	m := HeatMap{Label: s.title() + ": a row a layer, a column an epoch. The table has the same figures.", Layers: layers}
	for _, r := range records {
		m.Columns = append(m.Columns, HeatColumn{Title: figure.Setting(r.Epoch), Name: "epoch " + figure.Setting(r.Epoch)})
	}
	var all []trainer.Number
	for _, l := range layers {
		var row []trainer.Number
		for _, r := range records {
			row = append(row, s.measure(r, l))
		}
		m.Values, all = append(m.Values, row), append(all, row...)
	}
	m.Scale = ScaleOf(all)
	return m
}

// at is the heat map of a tensor's statistics at one record, layers × statistics, each column on a scale of its own.
// Statistics of both signs and columns without any figure are left out.
func at(r trainer.EpochRecord, layers []string, of trainer.TensorKind) HeatMap {
	m := HeatMap{
		Label: fmt.Sprintf(
			"Statistics of %s at epoch %s: a row a layer, a column a statistic. The table has the same figures.", of,
			figure.Setting(r.Epoch)),
		Layers: layers,
		Values: make([][]trainer.Number, len(layers)),
	}
	for _, s := range offered(of) {
		column := make([]trainer.Number, len(layers))
		for i, l := range layers {
			column[i] = s.measure(r, l)
		}
		if s.Scale == trainer.LinearScale || !slices.ContainsFunc(column, trainer.Number.Known) {
			continue
		}
		scale := ScaleOf(column)
		m.Columns = append(m.Columns,
			HeatColumn{Group: figure.Capital(string(of)), Title: s.short(), Name: s.title(), Scale: &scale})
		for i := range layers {
			m.Values[i] = append(m.Values[i], column[i])
		}
	}
	return m
}

package main

import (
	"encoding/json"
	"fmt"
	"io"
	"os"
	"slices"
	"text/tabwriter"
)

// row is a line of the table.
type row struct {
	Name    string // of the measurement, which --only takes
	Measure string
	Unit    string
	Floor   []float64 // turn by turn; none where there is no floor
	Chatter []float64
	Asked   float64 // of the ratio, or of Chatter where there is no floor: at most; 0 = nothing
	AtLeast bool    // Asked is the least
	Aim     bool    // Asked is this program's own, not the project's
	Load    float64 // µs of the load generator's processor, for what Chatter is measured by
	Note    string
}

// ratios are what is held to Asked, turn by turn: what drifts from one to the next drifts
// in both.
func (r row) ratios() []float64 {
	if len(r.Floor) == 0 {
		return r.Chatter
	}
	ratios := make([]float64, len(r.Chatter))
	for i, v := range r.Chatter {
		ratios[i] = v / r.Floor[i]
	}
	return ratios
}

func (r row) ratio() float64 { return median(r.ratios()) }

func (r row) verdict() string {
	if r.Asked == 0 {
		return "-"
	}
	holds := r.ratio() <= r.Asked
	if r.AtLeast {
		holds = r.ratio() >= r.Asked
	}
	switch {
	case holds:
		return "holds"
	case r.Aim:
		return "short"
	}
	return "DOES NOT HOLD"
}

// asked is the bar as the table shows it.
func (r row) asked() string {
	if r.Asked == 0 {
		return "-"
	}
	text := fmt.Sprintf("≤ %.3g", r.Asked)
	if r.AtLeast {
		text = fmt.Sprintf("≥ %.3g", r.Asked)
	}
	if len(r.Floor) > 0 {
		text += " ×"
	}
	if r.Aim {
		text = "aim " + text
	}
	return text
}

// spread is from the least to the most of what is held to the bar.
func (r row) spread() string {
	ratios := r.ratios()
	if len(ratios) < 2 {
		return "-"
	}
	format := "%.2f..%.2f"
	if len(r.Floor) == 0 {
		format = "%.3g..%.3g"
	}
	return fmt.Sprintf(format, slices.Min(ratios), slices.Max(ratios))
}

func printRows(out io.Writer, rows []row) {
	table := tabwriter.NewWriter(out, 0, 0, 2, ' ', 0)
	defer table.Flush()
	fmt.Fprintln(table, "\tmeasure\tunit\tfloor\tChatter\tratio\tspread\tasked\t\tload\t")
	for _, r := range rows {
		floor, ratio, load := "-", "-", "-"
		if len(r.Floor) > 0 {
			floor, ratio = short(median(r.Floor)), fmt.Sprintf("%.2f", r.ratio())
		}
		if r.Load > 0 {
			load = fmt.Sprintf("%.2g", r.Load)
		}
		fmt.Fprintf(table, "%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\t%s\n",
			r.Name, r.Measure, r.Unit, floor, short(median(r.Chatter)), ratio, r.spread(), r.asked(), r.verdict(), load, r.Note)
	}
}

// short is a number of three digits, and no power of ten.
func short(v float64) string {
	if v >= 1000 {
		return fmt.Sprintf("%.0f", v)
	}
	return fmt.Sprintf("%.3g", v)
}

// legend says what the columns are.
const legend = `ratio: Chatter by the floor of the same turn, the median of the turns; spread: from the least to the most of it.
asked: by the project, or an aim that this program has set itself. load: µs of the load generator's processor a delivery.
`

// MarshalJSON implements json.Marshaler: what the table shows, and the turns.
func (r row) MarshalJSON() ([]byte, error) {
	ratios := r.ratios()
	line := map[string]any{
		"name": r.Name, "measure": r.Measure, "unit": r.Unit, "chatter": median(r.Chatter), "verdict": r.verdict(),
		"least": slices.Min(ratios), "most": slices.Max(ratios), "turns": map[string]any{"floor": r.Floor, "chatter": r.Chatter},
	}
	if len(r.Floor) > 0 {
		line["floor"], line["ratio"] = median(r.Floor), r.ratio()
	}
	if r.Asked > 0 {
		line["asked"], line["at_least"], line["aim"] = r.Asked, r.AtLeast, r.Aim
	}
	if r.Load > 0 {
		line["load"] = r.Load
	}
	if r.Note != "" {
		line["note"] = r.Note
	}
	return json.Marshal(line)
}

// report is the table with what it was made of.
type report struct {
	Quick   bool    `json:"quick"`
	Runs    int     `json:"runs"`
	Cores   int     `json:"cores"`
	Seconds float64 `json:"seconds"`
	Checked checked `json:"checked"`
	Rows    []row   `json:"rows"`
}

// write writes the report as JSON.
func (r report) write(file string) error {
	text, err := json.MarshalIndent(r, "", "  ")
	if err != nil {
		return err
	}
	return os.WriteFile(file, append(text, '\n'), 0o644)
}

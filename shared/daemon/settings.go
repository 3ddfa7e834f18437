package daemon

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"regexp"
	"strings"
)

// settingName matches the names that a settings file may set.
var settingName = regexp.MustCompile(`^CHATTER_[A-Z][A-Z_]*$`)

// loadSettings reads a settings file. An error names the file and the line.
func loadSettings(path string) (map[string]string, error) {
	f, err := os.Open(path)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	settings, err := parseSettings(f)
	if err != nil {
		return nil, fmt.Errorf("%s, %w", path, err)
	}
	return settings, nil
}

// parseSettings reads a line NAME=VALUE for each setting. Empty lines and lines that begin
// with # are skipped. A name that no flag of the service has is allowed: both services read
// the same file, and so does an older release after a downgrade.
func parseSettings(r io.Reader) (map[string]string, error) {
	settings := make(map[string]string)
	lines := bufio.NewScanner(r)
	number := 0
	for lines.Scan() {
		number++
		line := strings.TrimSpace(lines.Text())
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, _ := strings.Cut(line, "=")
		if !settingName.MatchString(name) || !strings.Contains(line, "=") {
			return nil, fmt.Errorf("line %d: want CHATTER_NAME=value without spaces around the =, got %q", number, line)
		}
		if strings.HasPrefix(value, `"`) || strings.HasPrefix(value, "'") {
			return nil, fmt.Errorf("line %d: %s: want the value without quotes", number, name)
		}
		if _, again := settings[name]; again {
			return nil, fmt.Errorf("line %d: %s is set a second time", number, name)
		}
		settings[name] = value
	}
	if err := lines.Err(); err != nil {
		return nil, fmt.Errorf("line %d: %w", number+1, err)
	}
	return settings, nil
}

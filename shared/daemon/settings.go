package daemon

import (
	"fmt"
	"os"
	"regexp"
	"strings"
)

// settingName matches the names that a settings file may set.
var settingName = regexp.MustCompile(`^CHATTER_[A-Z][A-Z_]*$`)

// LoadSettings reads a file with a line CHATTER_NAME=VALUE for each setting. Empty lines and
// lines that begin with # are skipped. A name that no flag of the service has is allowed: both
// services read the same file, and so does an older release after a downgrade. An error names
// the file and the line.
func LoadSettings(path string) (map[string]string, error) {
	text, err := os.ReadFile(path)
	if err != nil {
		return nil, err
	}
	settings := make(map[string]string)
	number := 0
	for line := range strings.Lines(string(text)) {
		number++
		line = strings.TrimSpace(line)
		if line == "" || line[0] == '#' {
			continue
		}
		name, value, err := parseSetting(line)
		if _, again := settings[name]; again && err == nil {
			err = fmt.Errorf("%s is set a second time", name)
		}
		if err != nil {
			return nil, fmt.Errorf("%s, line %d: %w", path, number, err)
		}
		settings[name] = value
	}
	return settings, nil
}

func parseSetting(line string) (name, value string, err error) {
	name, value, ok := strings.Cut(line, "=")
	if !ok || !settingName.MatchString(name) {
		return "", "", fmt.Errorf("want CHATTER_NAME=value without spaces around the =, got %q", line)
	}
	if strings.HasPrefix(value, `"`) || strings.HasPrefix(value, "'") {
		return "", "", fmt.Errorf("%s: want the value without quotes", name)
	}
	return name, value, nil
}

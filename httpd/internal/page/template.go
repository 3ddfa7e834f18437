package page

import (
	"embed"
	"html/template"
	"regexp"
	"strings"
	texttemplate "text/template"
	"time"

	"chatter/httpd/internal/text"
)

//go:embed templates
var embedded embed.FS

// Kept is how long things are kept, as the pages say it.
type Kept struct {
	Mark          time.Duration // of the author of a message, in memory
	Message, Name time.Duration // by the server
	Session       time.Duration // by the browser
	Moderator     time.Duration // by the browser of a moderator
}

// CookieDays returns how many days a session lasts.
func (k Kept) CookieDays() int { return int(k.Session / (24 * time.Hour)) }

// constants are the values for the parts in [[ ]].
type constants struct {
	*text.Language
	Languages  []*text.Language
	Static     string        // the address of the assets, without a slash at the end
	Scripts    template.HTML // the elements that load the page's script
	Ideas      template.HTML // links to a few rooms
	NameLength int           // characters in a name
	Most       int           // messages that a log keeps
	Kept       Kept
}

var indentation = regexp.MustCompile(`\n +`)

// parse fills in the parts in [[ ]] and parses the rest for html/template.
func parse(name string, c constants) (*template.Template, error) {
	t := template.New(name)
	for _, file := range []string{"layout", name} {
		constant, err := texttemplate.New(file+".html").Delims("[[", "]]").Funcs(texttemplate.FuncMap{
			"text":         func(key string, values ...any) string { return template.HTMLEscapeString(c.Text(key, values...)) },
			"textWithName": func(key, action string) string { return textWithName(c.Language, key, action) },
		}).ParseFS(embedded, "templates/"+file+".html")
		if err != nil {
			return nil, err
		}
		var filled strings.Builder
		if err := constant.Execute(&filled, c); err != nil {
			return nil, err
		}
		// The indentation of the templates would be a fortieth of a page on the wire.
		if _, err := t.Parse(indentation.ReplaceAllString(filled.String(), "\n")); err != nil {
			return nil, err
		}
	}
	return t, nil
}

// textWithName returns a text in which an action of html/template stands for the {name}. The
// bdi element keeps a name that is written in the other direction from changing the order
// of the sentence.
func textWithName(l *text.Language, key, action string) string {
	return strings.Replace(template.HTMLEscapeString(l.Text(key)), "{name}", "<bdi>"+action+"</bdi>", 1)
}

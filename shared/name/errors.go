package name

import "fmt"

// The reasons why a name is refused. Test for them with errors.Is. Unlike other errors each
// is a whole sentence, because a page shows it beside the field.
var (
	ErrEmpty     error = problem("Please enter a name.")
	ErrInvisible error = problem("A name must show something: this one has only spaces or invisible characters.")
	ErrTooLong   error = problem(fmt.Sprintf("This name is too long: at most %d characters, please.", MaxClusters))
	ErrSlash     error = problem("A name cannot contain a slash (/).")
	ErrDots      error = problem("A name cannot be just one or two dots.")
	ErrMarks     error = problem(fmt.Sprintf("This name has more than %d accents or other marks on one letter.", MaxMarks))
	ErrCharacter error = problem("This name has a character that names cannot have. Letters of any language, digits, spaces, punctuation and simple emoji are fine; invisible characters and emoji built from several others are not.")
)

type problem string

func (p problem) Error() string { return string(p) }

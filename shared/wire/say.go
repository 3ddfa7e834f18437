package wire

import "unicode/utf8"

const newMessage = "new_message"

// Say is a client's request to append a message.
type Say struct {
	Text  Text
	Nonce Nonce
}

// ParseSay reads a client's frame of chatter.v1. It returns a Say and nil, or the refusal for
// the client, which has the nonce if that can be read. Unknown keys are ignored.
func ParseSay(frame []byte) (Say, *Refusal) {
	o, err := parseObject(frame)
	typed, isText := o.text("nonce")
	nonce, nonceErr := ParseNonce(typed)
	if refusal := refuseFrame(frame, err); refusal != nil {
		refusal.Nonce = nonce
		return Say{}, refusal
	}
	switch {
	case o.has("nonce") && !isText:
		return Say{}, &Refusal{Code: CodeBadFrame, Detail: "the nonce is not a text"}
	case !o.isNewMessage():
		return Say{}, &Refusal{Nonce: nonce, Code: CodeBadFrame, Detail: "unknown command"}
	case nonceErr != nil:
		return Say{}, &Refusal{Code: CodeBadNonce, Detail: "the nonce is missing or not of its form"}
	}
	text, refusal := o.message(nonce)
	if refusal != nil {
		return Say{}, refusal
	}
	return Say{text, nonce}, nil
}

// ParseClassicSay reads a client's frame of the classic protocol, which has no nonces and in
// which the command may be left out. It returns a text and nil, or the refusal.
func ParseClassicSay(frame []byte) (Text, *Refusal) {
	o, err := parseObject(frame)
	if refusal := refuseFrame(frame, err); refusal != nil {
		return Text{}, refusal
	}
	if o.has("command") && !o.isNewMessage() {
		return Text{}, &Refusal{Code: CodeBadFrame, Detail: "unknown command"}
	}
	return o.message("")
}

// refuseFrame returns the refusal of a frame that is invalid UTF-8, or for which parseObject
// returned the error; else nil.
func refuseFrame(frame []byte, err error) *Refusal {
	switch {
	case !utf8.Valid(frame):
		return &Refusal{Code: CodeBadText, Detail: "broken characters (invalid UTF-8)"}
	case err != nil:
		return &Refusal{Code: CodeBadFrame, Detail: err.Error()}
	}
	return nil
}

func (o object) isNewMessage() bool {
	command, _ := o.text("command")
	return command == newMessage
}

// message returns the text of the message.
func (o object) message(nonce Nonce) (Text, *Refusal) {
	s, ok := o.text("message")
	if !ok {
		return Text{}, &Refusal{Nonce: nonce, Code: CodeBadFrame, Detail: "the message is missing or not a text"}
	}
	if loneSurrogate(o["message"]) {
		return Text{}, &Refusal{Nonce: nonce, Code: CodeBadText, Detail: "half of a character (a lone surrogate)"}
	}
	text, err := ParseText(s)
	if err != nil {
		return Text{}, refuseText(nonce, err)
	}
	return text, nil
}

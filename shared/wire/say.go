package wire

// Say is a client's request to append a message.
type Say struct {
	Text  Text
	Nonce Nonce
}

// ParseSay reads a client's frame of chatter.v1. It returns a Say and nil, or the refusal for
// the client, which has the nonce if that can be read. Unknown keys are ignored.
func ParseSay(frame []byte) (Say, *Refusal) {
	o, refusal := parseObject(frame)
	typed, isText := o.text("nonce")
	nonce, err := ParseNonce(typed)
	var text Text
	switch {
	case refusal != nil:
	case o.has("nonce") && !isText:
		refusal = &Refusal{Code: CodeBadFrame, Detail: "the nonce is not a text"}
	case !o.isNewMessage():
		refusal = &Refusal{Code: CodeBadFrame, Detail: "unknown command"}
	case err != nil:
		refusal = &Refusal{Code: CodeBadNonce, Detail: "the nonce is missing or not of its form"}
	default:
		text, refusal = o.message()
	}
	if refusal != nil {
		refusal.Nonce = nonce
		return Say{}, refusal
	}
	return Say{text, nonce}, nil
}

// ParseClassicSay reads a client's frame of the classic protocol, which has no nonces and in
// which the command may be left out. It returns a text and nil, or the refusal.
func ParseClassicSay(frame []byte) (Text, *Refusal) {
	o, refusal := parseObject(frame)
	if refusal != nil {
		return Text{}, refusal
	}
	if o.has("command") && !o.isNewMessage() {
		return Text{}, &Refusal{Code: CodeBadFrame, Detail: "unknown command"}
	}
	return o.message()
}

func (o object) isNewMessage() bool {
	command, _ := o.text("command")
	return command == "new_message"
}

// message returns the text of the message.
func (o object) message() (Text, *Refusal) {
	s, ok := o.text("message")
	if !ok {
		return Text{}, &Refusal{Code: CodeBadFrame, Detail: "the message is missing or not a text"}
	}
	if loneSurrogate(o["message"], s) {
		return Text{}, &Refusal{Code: CodeBadText, Detail: "half of a character (a lone surrogate)"}
	}
	text, err := ParseText(s)
	if err != nil {
		return Text{}, refuseText(err)
	}
	return text, nil
}

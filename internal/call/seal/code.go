package seal

// CodeSize is the length of a safety code: four words out of 256.
const CodeSize = 4

// Code is what two people compare, by reading it to each other: each byte is a word of
// the list in assets/safety, where line n of every language means the same. It is the
// same on both sides unless somebody sits in between, who has one guess in 2³².
type Code [CodeSize]byte

// Known tells whether there is a code.
func (c Code) Known() bool { return c != Code{} }

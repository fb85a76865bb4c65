package proxy

import "fmt"

// LoginError tells that a proxy wants to know who we are.
type LoginError struct {
	Host string // the proxy's
	// Wrong: it was told, by what was typed, kept or set, and does not take it.
	Wrong bool
}

func (e *LoginError) Error() string {
	if e.Wrong {
		return fmt.Sprintf("the proxy %s does not take this login: check user name and password", e.Host)
	}
	return fmt.Sprintf("the proxy %s wants a login: enter user name and password", e.Host)
}

// RefusedError tells that a proxy does not let us through.
type RefusedError struct {
	Host   string // the proxy's
	Status int    // what it answered (RFC 9110 section 15)
	Why    string
}

func (e *RefusedError) Error() string {
	return fmt.Sprintf("the proxy %s answered %d: %s", e.Host, e.Status, e.Why)
}

// UnreachableError tells that a proxy does not answer, or not as a proxy does.
type UnreachableError struct {
	Host string // the proxy's; empty when the settings do not name one that could be
	Err  error
}

func (e *UnreachableError) Error() string {
	if e.Host == "" {
		return fmt.Sprintf("the proxy settings of this computer are of no use: %v", e.Err)
	}
	return fmt.Sprintf("the proxy %s cannot be used: %v; check the proxy settings of this computer", e.Host, e.Err)
}

func (e *UnreachableError) Unwrap() error { return e.Err }

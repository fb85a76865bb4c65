package proxy

import (
	"encoding/base64"
	"net/url"
	"sync"
)

// login is who we are to one proxy.
type login struct {
	user, password string
	// wanted: the proxy has asked for it, so that it is told at once.
	wanted bool
	// wrong: the proxy does not take it. It is not told again: directories lock the
	// accounts of those who insist.
	wrong bool
}

// basic is the value of Proxy-Authorization (RFC 7617 section 2), in UTF-8.
func (l *login) basic() string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(l.user+":"+l.password))
}

// logins are those that are known, by the proxy's host. Only the two marks of a login
// change, under mu; a new one takes its place.
type logins struct {
	kept func(host string) (user, password string, ok bool)

	mu    sync.Mutex
	known map[string]*login // nil: none, and the kept ones were asked
}

// set takes the place of what was known before.
func (s *logins) set(host, user, password string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.known[host] = &login{user: user, password: password, wanted: true}
}

// atOnce is a login that the proxy is known to want, nil for none.
func (s *logins) atOnce(host string) *login {
	s.mu.Lock()
	defer s.mu.Unlock()
	if l := s.known[host]; l != nil && l.wanted && !l.wrong {
		return l
	}
	return nil
}

// answer is a login for a proxy that has just asked for one, nil for none; wrong tells
// that there is one, which the proxy did not take. What was typed comes before what the
// settings name, and that before what was kept.
func (s *logins) answer(proxy *url.URL) (l *login, wrong bool) {
	host := hostID(proxy.Hostname())
	s.mu.Lock()
	l, asked := s.known[host]
	s.mu.Unlock()
	if !asked {
		l = s.find(host, proxy.User) // not under mu: a keyring may have to ask
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	if newer, ok := s.known[host]; ok {
		l = newer
	}
	s.known[host] = l
	if l == nil || l.wrong {
		return nil, l != nil
	}
	l.wanted = true
	return l, false
}

func (s *logins) find(host string, set *url.Userinfo) *login {
	if set != nil && set.Username() != "" {
		password, _ := set.Password()
		return &login{user: set.Username(), password: password}
	}
	if s.kept == nil {
		return nil
	}
	user, password, ok := s.kept(host)
	if !ok {
		return nil
	}
	return &login{user: user, password: password}
}

// refuse notes that a proxy did not take a login.
func (s *logins) refuse(l *login) {
	s.mu.Lock()
	defer s.mu.Unlock()
	l.wrong = true
}

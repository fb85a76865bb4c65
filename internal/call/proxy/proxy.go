// Package proxy opens TCP connections to servers, through the HTTP proxy that the
// machine is set to use where there is one (CONNECT, RFC 9110 section 9.3.6), and
// answers a proxy that asks who we are (Basic, RFC 7617).
//
// Which proxy, for the function System:
//   - The environment rules on every system: HTTPS_PROXY and NO_PROXY, in capitals or
//     not. With HTTPS_PROXY set, nothing else is looked at.
//   - Windows: the settings of the signed-in person (proxy, exceptions, script, automatic
//     detection), else those of WinHTTP, else the registry. Scripts are run by WinHTTP.
//   - macOS: the proxy for secure web pages, its exceptions, and the script of the
//     network settings, in programs built with cgo; without cgo the environment alone.
//   - Linux and others: the environment alone. Desktop environments set it at sign-in.
//
// A script may name several proxies; the first one is used. SOCKS proxies and those
// that know nobody but by NTLM or Kerberos are not.
package proxy

import (
	"context"
	"crypto/tls"
	"fmt"
	"net"
	"net/netip"
	"net/url"
	"strings"
	"time"
)

// dialLimit bounds one connection: finding the proxy, reaching it, being let through,
// and TLS behind it.
const dialLimit = 10 * time.Second

// Options configure a Dialer.
type Options struct {
	// Find names the proxy for an https URL, nil for none; see System. It may be slow.
	Find func(target *url.URL) (*url.URL, error)
	// Kept looks up the login that was kept for a proxy, by its host. It is asked once a
	// proxy, when that one first wants a login. Nil for none.
	Kept func(host string) (user, password string, ok bool)
	// TLS adds to the system's trust, for https proxies and for DialTLS; nil uses the
	// system's.
	TLS *tls.Config
}

// Dialer opens connections. Its methods may be called from anywhere.
type Dialer struct {
	o      Options
	finder finder
	logins logins
}

// New makes a dialer.
func New(o Options) *Dialer {
	return &Dialer{o: o, finder: finder{find: o.Find, seen: map[string]*finding{}}, logins: newLogins(o.Kept)}
}

// Login says who we are to a proxy, by its host: to the one of that name that asked last.
// It counts from the next connection on.
func (d *Dialer) Login(host, user, password string) {
	d.logins.set(hostID(host), user, password)
}

// DialContext opens a connection to host:port. Errors of the proxy's are LoginError,
// RefusedError and UnreachableError; network is for the standard library's sake.
func (d *Dialer) DialContext(ctx context.Context, _, address string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialLimit)
	defer cancel()
	return d.open(ctx, address)
}

// DialTLS is DialContext, then TLS with a server that proves to be name. Without a name
// there is no TLS.
func (d *Dialer) DialTLS(ctx context.Context, address, name string) (net.Conn, error) {
	ctx, cancel := context.WithTimeout(ctx, dialLimit)
	defer cancel()
	conn, err := d.open(ctx, address)
	if err != nil || name == "" {
		return conn, err
	}
	return d.secure(ctx, conn, name)
}

// secure speaks TLS on a connection; it closes it when that fails.
func (d *Dialer) secure(ctx context.Context, conn net.Conn, name string) (net.Conn, error) {
	trust := &tls.Config{}
	if d.o.TLS != nil {
		trust = d.o.TLS.Clone()
	}
	trust.ServerName, trust.NextProtos = name, nil
	sealed := tls.Client(conn, trust)
	if err := sealed.HandshakeContext(ctx); err != nil {
		_ = conn.Close() // it never was of use
		return nil, fmt.Errorf("TLS with %s: %w", name, err)
	}
	return sealed, nil
}

func (d *Dialer) open(ctx context.Context, address string) (net.Conn, error) {
	host, _, err := net.SplitHostPort(address)
	if err != nil {
		return nil, err
	}
	var way *url.URL
	if !loopback(host) {
		if way, err = d.finder.proxy(ctx, address); err != nil {
			return nil, err
		}
	}
	if way == nil {
		return (&net.Dialer{}).DialContext(ctx, "tcp", address)
	}
	return d.through(ctx, way, address)
}

// loopback tells whether a host is this machine, which no proxy leads to.
func loopback(host string) bool {
	host = strings.TrimSuffix(strings.ToLower(host), ".")
	if host == "localhost" || strings.HasSuffix(host, ".localhost") { // RFC 6761 section 6.3
		return true
	}
	ip, err := netip.ParseAddr(host)
	return err == nil && ip.Unmap().IsLoopback()
}

// hostID is what a proxy is known by: its host in lower case.
func hostID(host string) string { return strings.ToLower(host) }

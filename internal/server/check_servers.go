package server

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"strconv"
	"strings"

	"github.com/pion/stun/v4"
	"github.com/pion/turn/v5"

	"ekermed.example/ekermed/internal/call/wire"
)

// tryServers allocates a relay address at each of the further TURN servers, with the
// credential that a participant would get.
func (a *App) tryServers(ctx context.Context) error {
	ice := a.relay.ICE("check", true)
	for _, server := range a.cfg.Turn.Servers {
		if err := tryServer(ctx, server, ice[0]); err != nil {
			return fmt.Errorf("turn.servers: %s: %w", server, err)
		}
	}
	return nil
}

func tryServer(ctx context.Context, server string, ice wire.ICEServer) error {
	uri, err := stun.ParseURI(server)
	if err != nil {
		return err // Validate has seen it
	}
	at := net.JoinHostPort(uri.Host, strconv.Itoa(uri.Port))
	socket, err := dialServer(ctx, uri, at)
	if err != nil {
		return err
	}
	client, err := turnClient(socket, at, ice)
	if err != nil {
		return err
	}
	defer socket.Close()
	defer client.Close()
	if uri.Scheme == stun.SchemeTypeSTUN {
		if _, err := client.SendBindingRequest(); err != nil {
			return fmt.Errorf("it does not answer (%w); check the address, and that no firewall closes its port", err)
		}
		return nil
	}
	relay, err := client.Allocate()
	switch {
	case err == nil:
		return relay.Close()
	case strings.Contains(err.Error(), "error 401"), strings.Contains(err.Error(), "error 400"): // pion's servers say 400
		return errors.New("it refuses our credential; turn.secret must be the same secret there (static-auth-secret of coturn), and the clocks must agree")
	}
	return fmt.Errorf("it gives no relay address (%w); check the address, and that no firewall closes its port", err)
}

// dialServer opens the way that a client would take. The certificate must be one that
// browsers take.
func dialServer(ctx context.Context, uri *stun.URI, at string) (net.PacketConn, error) {
	if uri.Proto == stun.ProtoTypeUDP {
		return net.ListenPacket("udp4", ":0")
	}
	ctx, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	var dial interface {
		DialContext(context.Context, string, string) (net.Conn, error)
	} = &net.Dialer{}
	if uri.Scheme == stun.SchemeTypeTURNS || uri.Scheme == stun.SchemeTypeSTUNS {
		dial = &tls.Dialer{Config: &tls.Config{ServerName: uri.Host, MinVersion: tls.VersionTLS12}}
	}
	c, err := dial.DialContext(ctx, "tcp", at)
	var name *tls.CertificateVerificationError
	switch {
	case errors.As(err, &name):
		return nil, fmt.Errorf("its certificate is not one that browsers take (%w); it must name %s and come from an authority", name.Err, uri.Host)
	case err != nil:
		return nil, fmt.Errorf("it cannot be reached (%w); check the address, and that no firewall closes its port", err)
	}
	return turn.NewSTUNConn(c), nil
}

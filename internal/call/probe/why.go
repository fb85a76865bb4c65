package probe

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"

	"github.com/pion/stun/v4"

	"ekermed.example/ekermed/internal/call"
	"ekermed.example/ekermed/internal/call/proxy"
	"ekermed.example/ekermed/internal/call/wire"
)

// failed is an end whose reason is known.
type failed call.Why

func (f failed) Error() string { return string(f) }

// why names the reason of an error, for a screen; ctx is that of the try.
func why(ctx context.Context, err error) call.Why {
	var known failed
	var login *proxy.LoginError
	var refused *proxy.RefusedError
	var off *proxy.UnreachableError
	var certificate *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var record tls.RecordHeaderError
	var relay *stun.TurnError
	var slow net.Error
	switch {
	case errors.As(err, &known):
		return call.Why(known)
	case errors.As(err, &login):
		return call.WhyLogin
	case errors.As(err, &refused) && refused.Status < 500, errors.As(err, &off):
		return call.WhyProxy
	case errors.As(err, &certificate), errors.As(err, &authority):
		return call.WhyCertificate
	case errors.As(err, &record):
		return call.WhyProxy // something speaks there, and not TLS
	case errors.As(err, &relay):
		return call.WhyRefused
	case errors.Is(ctx.Err(), context.Canceled):
		return call.WhyClosed
	case ctx.Err() != nil, errors.As(err, &slow) && slow.Timeout():
		return call.WhyTimeout
	}
	return call.WhyUnreachable
}

// whyRefused reads a failure of the server's.
func whyRefused(f wire.Failure) failed {
	if f.Code == wire.CodeSlowDown || f.Code == wire.CodeInternal {
		return failed(call.WhyBusy)
	}
	return failed(call.WhyRefused)
}

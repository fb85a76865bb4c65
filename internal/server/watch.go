package server

import (
	"context"
	"errors"
	"fmt"
	"time"

	"ekermed.example/ekermed/internal/server/journal"
)

const (
	watchEvery = time.Minute
	// watchTries is how often in a row TURN must be silent to be out of order: one packet
	// may be lost.
	watchTries = 2
)

// watch asks the relay for a sign of life now and then, as clients reach it on this
// machine. That the SFU works is seen from those who sit down at it.
func (a *App) watch(ctx context.Context) error {
	if a.relayUDP == nil && a.relayTLS == nil {
		return nil
	}
	tick := time.NewTicker(watchEvery)
	defer tick.Stop()
	for failed := 0; ; {
		select {
		case <-ctx.Done():
			return nil
		case <-tick.C:
		}
		err := a.answers(ctx)
		switch {
		case ctx.Err() != nil:
			return nil
		case err == nil:
			failed = 0
			a.records.state(journal.TURN, nil)
		default:
			if failed++; failed >= watchTries {
				a.records.state(journal.TURN, err)
			}
		}
	}
}

// answers tells whether every way to the relay that is on answers a STUN binding request
// (RFC 8489 section 2).
func (a *App) answers(ctx context.Context) error {
	var errs []error
	if a.relayUDP != nil {
		errs = append(errs, a.binding(ctx, "turn.udp", a.dialUDP))
	}
	if a.relayTLS != nil {
		errs = append(errs, a.binding(ctx, "turn.tls", a.dialTLS))
	}
	return errors.Join(errs...)
}

func (a *App) binding(ctx context.Context, key string, dial dialer) error {
	socket, at, err := dial()
	if err != nil {
		return fmt.Errorf("%s: the relay on this machine cannot be reached: %w", key, err)
	}
	ice := a.relay.ICE("watch", true)
	if len(ice) == 0 {
		return errors.Join(fmt.Errorf("%s: the relay gives no credential", key), socket.Close())
	}
	client, err := turnClient(socket, at, ice[0])
	if err != nil {
		return err
	}
	defer socket.Close()
	defer client.Close()
	defer context.AfterFunc(ctx, func() { _ = socket.Close() })() // a stop does not wait for an answer
	if _, err := client.SendBindingRequest(); err != nil {
		return fmt.Errorf("%s: the relay does not answer on this machine: %w", key, err)
	}
	return nil
}

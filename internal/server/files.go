package server

import (
	"fmt"
	"path/filepath"
	"time"

	"ekermed.example/ekermed/internal/call/files/parcel"
	"ekermed.example/ekermed/internal/server/config"
	"ekermed.example/ekermed/internal/server/drop"
)

// openFiles makes the place for files on their way. What an earlier run left there is
// removed: nobody has its keys any more.
func (a *App) openFiles() error {
	f := a.cfg.Files
	if f.Largest == 0 {
		return nil
	}
	// A quota is told in what people send; what lies here is sealed, and a little longer.
	sealed := func(megabytes int) int64 { return parcel.Sealed(int64(megabytes) * config.Megabyte) }
	var err error
	a.files, err = drop.Open(filepath.Join(a.cfg.Server.Data, "files"), drop.Limits{
		File: sealed(f.Largest), Person: sealed(f.Person), Room: sealed(f.Room), All: sealed(f.All), Life: time.Duration(f.Life),
	}, time.Now)
	if err != nil {
		return fmt.Errorf("the data folder cannot be written; free some room, or correct its owner: %w", err)
	}
	a.undo.push("files", a.files.Close)
	return nil
}

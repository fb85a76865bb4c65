package compat

//go:generate env COMPAT_WRITE=1 go test -count=1 -run ^TestCurrent$ .

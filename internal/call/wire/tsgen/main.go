// Tsgen writes the TypeScript twins of package wire.
package main

import (
	"flag"
	"fmt"
	"os"
)

func main() {
	src := flag.String("src", ".", "`directory` of package wire")
	out := flag.String("o", "", "output `file`")
	flag.Parse()
	text, err := generate(*src)
	if err == nil {
		err = os.WriteFile(*out, text, 0o644)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "tsgen:", err)
		os.Exit(1)
	}
}

// Rundown records scheduled classes and meetings from their web pages, as plans in YAML say.
package main

import (
	"context"
	"os"

	"rundown/internal/cli"
)

func main() {
	os.Exit(cli.Main(context.Background(), os.Args[1:], cli.Streams{In: os.Stdin, Out: os.Stdout, Err: os.Stderr}))
}

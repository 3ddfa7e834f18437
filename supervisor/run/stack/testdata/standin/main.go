// Standin takes the place of httpd and wsd in the tests of the stack: it serves on the
// descriptor and the admin socket that it is given, as they do, and tells who it is.
package main

import (
	"flag"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"path/filepath"
	"strings"
	"syscall"
)

func main() {
	stop := make(chan os.Signal, 1)
	signal.Notify(stop, syscall.SIGTERM)
	listen := flag.String("listen", "", "")
	admin := flag.String("admin", "", "")
	flag.Parse()
	l, err := net.FileListener(os.Stdin)
	if *listen != "fd:0" || err != nil {
		fmt.Fprintln(os.Stderr, *listen, err)
		os.Exit(1)
	}
	path := strings.TrimPrefix(*admin, "unix:")
	os.Remove(path)
	a, err := net.Listen("unix", path)
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.Exit(1)
	}
	answer := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, filepath.Base(os.Args[0]), " ", os.Getenv("CHATTER_REDIS"), " ", os.Getenv("CHATTER_EXTRA"))
	})
	go http.Serve(l, answer)
	go http.Serve(a, answer)
	fmt.Fprintln(os.Stderr, "started")
	<-stop
}

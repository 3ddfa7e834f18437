package daemon

// Version is the version of the release. The package's build sets it by -ldflags.
var Version = "development"

module chatter/supervisor

go 1.26.0

require (
	chatter/nginx v0.0.0
	github.com/alicebob/miniredis/v2 v2.40.0
	github.com/coder/websocket v1.8.15
	github.com/google/go-cmp v0.7.0
)

require (
	chatter/shared v0.0.0
	github.com/yuin/gopher-lua v1.1.1 // indirect
)

replace chatter/shared => ../shared

replace chatter/nginx => ../nginx

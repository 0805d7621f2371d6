module example.com/escrow/go/tools

go 1.25.0

require example.com/escrow v0.0.0

replace example.com/escrow => ../..

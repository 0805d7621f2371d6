module example.com/escrow/go/tools

go 1.25.0

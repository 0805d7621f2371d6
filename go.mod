module example.com/escrow

go 1.25.0

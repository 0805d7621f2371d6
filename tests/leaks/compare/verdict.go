package main

import (
	"context"
	"fmt"
	"strings"
)

// runEscrow runs a program's counterpart on escrow, with no tool at all, and reads what escrow itself
// said: the code of the very call that was wrong, the pool's statistics and Close, or that the result
// is right. Whatever else escrow can report of a live process belongs here.
func runEscrow(ctx context.Context, b bench, r row) finding {
	out, exit, failed := b.start(ctx, limit, nil, b.binary(r, "plain"), r.name, "escrow")
	if failed != "" || exit != 0 {
		return finding{fmt.Sprintf("exit %d %s", exit, failed), out, out}
	}
	verdict, ok := strings.CutPrefix(strings.TrimSpace(out), "escrow: ")
	if !ok || strings.Contains(verdict, "\n") {
		return finding{"no verdict", out, out}
	}
	return finding{verdict, verdict, out}
}

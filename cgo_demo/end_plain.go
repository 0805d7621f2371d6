//go:build !asan

package main

func atEnd(status int) int { return status }

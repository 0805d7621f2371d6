package main

import (
	"bufio"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strconv"
	"strings"
)

// child is a subject's process.
type child struct {
	subject string
	command *exec.Cmd
	orders  io.WriteCloser
	answers *bufio.Reader
}

func startChild(subject, kind string, entries uint64) (*child, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	c := &child{subject: subject}
	c.command = exec.Command(self, "-child", subject, "-keys", kind, "-entries", strconv.FormatUint(entries, 10))
	c.command.Stderr = os.Stderr
	if c.orders, err = c.command.StdinPipe(); err != nil {
		return nil, err
	}
	answers, err := c.command.StdoutPipe()
	if err != nil {
		return nil, err
	}
	c.answers = bufio.NewReader(answers)
	return c, c.command.Start()
}

// order gives an order and waits for the numbers.
func (c *child) order(words ...any) ([]float64, error) {
	if _, err := fmt.Fprintln(c.orders, words...); err != nil {
		return nil, fmt.Errorf("%s: %w", c.subject, err)
	}
	line, err := c.answers.ReadString('\n')
	if err != nil {
		return nil, fmt.Errorf("%s: its process ended: %w", c.subject, err)
	}
	fields := strings.Fields(line)
	if len(fields) > 0 && fields[0] == "failed" {
		return nil, fmt.Errorf("%s: %s", c.subject, strings.Join(fields[1:], " "))
	}
	values := make([]float64, len(fields))
	for i, text := range fields {
		if values[i], err = strconv.ParseFloat(text, 64); err != nil {
			return nil, fmt.Errorf("%s: %w", c.subject, err)
		}
	}
	return values, nil
}

// slice has the child do n operations on each of some goroutines.
func (c *child) slice(contest string, goroutines int, n uint64) (seen, error) {
	v, err := c.order("slice", contest, goroutines, n)
	if err != nil {
		return seen{}, fmt.Errorf("%s: %w", contest, err)
	}
	return seen{uint64(v[0]), uint64(v[1]), v[2], v[3], v[4], v[5]}, nil
}

func (c *child) end() error {
	c.orders.Close()
	return c.command.Wait()
}

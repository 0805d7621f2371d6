package storm

import (
	"bytes"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/pprof"
	"runtime/trace"
	"strconv"
	"syscall"
	"time"
)

// collect runs the collector without pause, and now and then gives memory back to the system.
func (r *run) collect() {
	for i := 1; !r.stop.Load(); i++ {
		runtime.GC()
		if i%16 == 0 {
			debug.FreeOSMemory()
		}
		time.Sleep(time.Millisecond)
	}
}

// flip stops the world to change the number of processors.
func (r *run) flip() {
	for i := 0; !r.stop.Load(); i++ {
		runtime.GOMAXPROCS(1 + i%4)
		time.Sleep(20 * time.Millisecond)
	}
}

// record has the tracer, the flight recorder and a CPU profile of 2 kHz on, all together.
func (r *run) record() {
	runtime.SetCPUProfileRate(2000)
	recorder := trace.NewFlightRecorder(trace.FlightRecorderConfig{MinAge: 100 * time.Millisecond})
	if err := recorder.Start(); err != nil {
		r.fail(err)
		return
	}
	defer recorder.Stop()
	for !r.stop.Load() {
		var profile, traced, flight bytes.Buffer
		if err := pprof.StartCPUProfile(&profile); err != nil { // keeps the rate, and says so
			r.fail(err)
			return
		}
		if err := trace.Start(&traced); err != nil {
			r.fail(err)
			return
		}
		for i := 0; (i < 5 || r.OneTrace) && !r.stop.Load(); i++ {
			time.Sleep(50 * time.Millisecond)
		}
		if _, err := recorder.WriteTo(&flight); err != nil {
			r.fail(err)
		}
		trace.Stop()
		pprof.StopCPUProfile()
		for _, name := range []string{"block", "mutex"} {
			if err := pprof.Lookup(name).WriteTo(&profile, 0); err != nil {
				r.fail(err)
			}
		}
		r.trace = traced.Bytes()
		r.traces.Add(int64(profile.Len() + traced.Len() + flight.Len()))
		runtime.SetCPUProfileRate(2000)
	}
	runtime.SetCPUProfileRate(0)
}

// interrupt sends SIGURG, which preempts, to every thread in turn.
func (r *run) interrupt() {
	self := os.Getpid()
	for !r.stop.Load() {
		threads, err := os.ReadDir("/proc/self/task")
		if err != nil {
			r.fail(err)
			return
		}
		for _, thread := range threads {
			id, _ := strconv.Atoi(thread.Name())
			for range 8 {
				if _, _, errno := syscall.RawSyscall(syscall.SYS_TGKILL, uintptr(self), uintptr(id), uintptr(syscall.SIGURG)); errno == 0 {
					r.signals.Add(1)
				}
			}
		}
		time.Sleep(100 * time.Microsecond)
	}
}

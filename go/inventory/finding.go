package inventory

// Finding is what a sanitizer reported: one leak, or one bad access.
type Finding struct {
	Tool    string   `json:"tool"` // of LeakSanitizer, AddressSanitizer, Memcheck
	What    string   `json:"what"` // the line by which it says so
	Bytes   int64    `json:"bytes"`
	Objects int64    `json:"objects"`
	Leak    bool     `json:"leak"`
	Stack   []Frame  `json:"stack"` // of the allocation of a leak, of the access otherwise
	Sites   []string `json:"sites"` // keys of the sites that it is about; none: unmatched
}

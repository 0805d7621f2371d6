package main
func symbolize(arguments []string, io streams) (int, error) { return failed, nil }

package main

import (
	"encoding/json"
	"fmt"
	"net/http"
	"time"
)

const etcdHealth = "http://127.0.0.1:2379/health"

// checkEtcd succeeds where the etcd of this pod has a leader and no alarm.
func checkEtcd([]string) error {
	client := http.Client{Timeout: 5 * time.Second}
	response, err := client.Get(etcdHealth)
	if err != nil {
		return err
	}
	defer response.Body.Close()
	var answer struct{ Health, Reason string }
	if err := json.NewDecoder(response.Body).Decode(&answer); err != nil {
		return fmt.Errorf("%s: %w", etcdHealth, err)
	}
	if answer.Health != "true" {
		return fmt.Errorf("etcd is not healthy: %s", answer.Reason)
	}
	return nil
}

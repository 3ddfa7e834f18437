package services_test

import (
	"os"
	"path/filepath"
	"testing"

	"chatter/supervisor/run/services"
)

func TestEnsureSecret_KeepsTheOneThatIsThere(t *testing.T) {
	path := filepath.Join(t.TempDir(), "private", "secret")
	var keys [2]string
	for i := range keys {
		if err := services.EnsureSecret(path); err != nil {
			t.Fatal(err)
		}
		key, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		keys[i] = string(key)
	}
	if keys[0] != keys[1] {
		t.Error("the second call wrote another secret")
	}
	if len(keys[0]) < 32 {
		t.Errorf("%d bytes are easily guessed", len(keys[0]))
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if mode := info.Mode().Perm(); mode != 0o600 {
		t.Errorf("mode %o: others can read it", mode)
	}
}

/**
 * A self-signed certificate for `localhost` and 127.0.0.1, valid for a hundred years, and its private key. It protects nothing: it
 * is here so that tests need no program that makes certificates.
 */
export const loopbackCertificate = {
  key: `-----BEGIN PRIVATE KEY-----
MIGHAgEAMBMGByqGSM49AgEGCCqGSM49AwEHBG0wawIBAQQgItIXhxfARtj7iLoO
EoYg3tnbheuSOhNspuZsUWwnlXyhRANCAARmczjAjEcPkEEo1Q82SIo9ofSOggLN
w/ah+6bjwoYJAHTtK2JMlBMVSDvFs9Sllxk+NwG82CHGNMytZHQc2QVJ
-----END PRIVATE KEY-----
`,
  cert: `-----BEGIN CERTIFICATE-----
MIIBmTCCAT+gAwIBAgIUOueqmiNhkLgozrAslrIwtFzLRn0wCgYIKoZIzj0EAwIw
EzERMA8GA1UEAwwIbG9vcGJhY2swIBcNMjYxMTIzMDc0NTE3WhgPMjEyNjEwMzAw
NzQ1MTdaMBMxETAPBgNVBAMMCGxvb3BiYWNrMFkwEwYHKoZIzj0CAQYIKoZIzj0D
AQcDQgAEZnM4wIxHD5BBKNUPNkiKPaH0joICzcP2ofum48KGCQB07StiTJQTFUg7
xbPUpZcZPjcBvNghxjTMrWR0HNkFSaNvMG0wHQYDVR0OBBYEFL0zlaQVgfguewo7
SHpL6/FnHVLHMB8GA1UdIwQYMBaAFL0zlaQVgfguewo7SHpL6/FnHVLHMA8GA1Ud
EwEB/wQFMAMBAf8wGgYDVR0RBBMwEYIJbG9jYWxob3N0hwR/AAABMAoGCCqGSM49
BAMCA0gAMEUCIQDvn5IEKBkXxFIVDyNkQxjDf7AOBJ/VI58VJrmY348ogQIgcyyi
hBS+MuHGfU2o52Zv08CMCcrhKL877wGrtHjfWhw=
-----END CERTIFICATE-----
`,
} as const;

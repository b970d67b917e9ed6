// Loaded into a service before its own code (`node --import`): it ends with the tests' process, however that ends. The
// kernel closes the other end of standard input then.

process.stdin
  .on('close', () => process.kill(process.pid, 'SIGKILL'))
  .resume()
  .unref();

// A finger on a button: holds a wire of gpio-sim low, whatever bias a program asks for meanwhile, which gpio-sim takes for a
// pull of its own. It ends when it is killed.
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <time.h>
#include <unistd.h>

int main(int count, char **arguments) {
  char path[128];
  snprintf(path, sizeof path, "/sys/devices/platform/gpio-sim/gpiochip0/sim_gpio%s/pull", count > 1 ? arguments[1] : "17");
  int wire = open(path, O_WRONLY);
  if (wire < 0) {
    perror(path);
    return 1;
  }
  // What polls the wire is an emulated processor's program, too, and may not find it released between two looks.
  (void)sched_setscheduler(0, SCHED_FIFO, &(struct sched_param){.sched_priority = 50});
  for (;;) {
    if (pwrite(wire, "pull-down", 9, 0) != 9) return 1;
    nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
  }
}

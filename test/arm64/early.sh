# Read by the initial RAM disk's first program before anything else (conf/conf.d): the board's lines, and a finger on
# the button where the test wants one from power-on.
for module in configfs gpio-sim; do
  insmod "/board/$module.ko"
done
case " $(cat /proc/cmdline) " in
  *' finger=17 '*) /board/finger 17 & ;;
esac

# Source this to use ROS 2 from the virtual environment, and this package once it is built:
#   . tools/ros_env.sh [VENV]
# It is the environment of $ROS_DISTRO, or Kilted's: .venv and install/, or .venv-jazzy and install-jazzy/.
export ROS_DISTRO="${ROS_DISTRO:-kilted}"
_blendfer_root=$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd)
_blendfer_suffix="-$ROS_DISTRO"
if [ "$ROS_DISTRO" = kilted ]; then
  _blendfer_suffix=
fi
VIRTUAL_ENV=$(cd "${1:-$_blendfer_root/.venv$_blendfer_suffix}" && pwd)
export VIRTUAL_ENV
export PATH="$VIRTUAL_ENV/bin:$PATH"
export AMENT_PREFIX_PATH="$VIRTUAL_ENV${AMENT_PREFIX_PATH:+:$AMENT_PREFIX_PATH}"
export CMAKE_PREFIX_PATH="$VIRTUAL_ENV${CMAKE_PREFIX_PATH:+:$CMAKE_PREFIX_PATH}"
export LD_LIBRARY_PATH="$VIRTUAL_ENV/lib${LD_LIBRARY_PATH:+:$LD_LIBRARY_PATH}"
for _blendfer_libs in "$VIRTUAL_ENV"/lib/python3*/site-packages/ros_*.libs; do
  LD_LIBRARY_PATH="$LD_LIBRARY_PATH:$_blendfer_libs"
done
# The wheels would otherwise start every Python twice to set LD_LIBRARY_PATH.
export _ROS_WHEELS_BOOTSTRAP_COMPLETE=1
# Plugins are named in setup.cfg; whatever else lies in the environment, launch_testing's above all, is left alone.
export PYTEST_DISABLE_PLUGIN_AUTOLOAD=1
# TensorFlow, which mediapipe imports where it is installed, reports its CPU features otherwise.
export TF_CPP_MIN_LOG_LEVEL=3
if [ -f "$_blendfer_root/install$_blendfer_suffix/local_setup.bash" ]; then
  . "$_blendfer_root/install$_blendfer_suffix/local_setup.bash"
fi
unset _blendfer_root _blendfer_suffix _blendfer_libs

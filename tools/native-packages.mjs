// Packages with compiled parts: they stay in node_modules, beside the bundle, and are required where they are used.
export const NATIVE_PACKAGES = ['koffi', '@serialport/bindings-cpp', 'onoff'];

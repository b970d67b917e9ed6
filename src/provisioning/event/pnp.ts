// Where devices ask for a server that nobody has told them of. There is no standard for it.

export const PNP_GROUP = '224.0.1.75';
export const PNP_PORT = 5060;
